"""How near a paper of this corpus must come to a query to be called a good match.

Every query has a nearest paper. How near it comes by chance depends on the model and on the corpus, so it is
measured when the index is built: with everyday queries and nonsense that no research answers.
"""

import numpy as np

from papersearch.encoder import Encoder
from papersearch.vectors import Vectors

DEVIATIONS = 2.25
"""How many standard deviations over the mean of these queries' best cosines the cut-off lies."""

OFF_TOPIC = (
    "how to bake banana bread",
    "hotel with a pool in Majorca",
    "football results from Saturday",
    "my dog barks at the postman",
    "gift ideas for a colleague's birthday",
    "song with whistling in the chorus",
    "shoe repair near the station",
    "how to remove grass stains",
    "cinema programme for tonight",
    "rent a van for moving",
    "crossing to the islands by boat",
    "how to prune an apple tree",
    "wedding dress size chart",
    "spaghetti carbonara without cream",
    "lost my house keys",
    "train strike next Monday",
    "curtains for the living room",
    "piano lessons for beginners",
    "who plays the villain in that film",
    "cheap phone contract",
    "camping by the lake",
    "haircut for round faces",
    "my neighbour's fence is too high",
    "star sign of people born in May",
    "cat names that start with M",
    "cucumber sandwiches for tea",
    "ironing board cover",
    "opening times of the town hall",
    "mulled wine with oranges",
    "cycling shorts with pockets",
    "how to write a postcard to my aunt",
    "bus to the airport at night",
    "baby sleeps badly since Tuesday",
    "black shoes with a brown suit",
    "poem about autumn leaves",
    "swimming pool closed on holidays",
    "driving licence renewal form",
    "red roses for an anniversary",
    "strawberry jam goes mouldy",
    "which tyres for winter",
    "jokes for a speech",
    "carpet cleaning machine hire",
    "royal family on the balcony",
    "chess club for children",
    "plumber on Sunday",
    "easter egg hunt in the park",
    "duvet too warm in summer",
    "fireworks on the pier",
    "I forgot my umbrella",
    "goodbye and good luck",
    "nice weather today",
    "yes no maybe",
    "gloop frindle sazz",
    "rtzuio ghjkl",
    "qqqq wwww eeee",
    "plimsy dorvat ekkle",
    "sdkfjh weoiru",
    "bla bla bla",
    "teaspoon cloud seventeen ribbon",
    "goat trumpet Thursday jam",
    "oh dear oh dear",
    "zzz",
    "hmm",
    "ping pong ding",
)


def measure(encoder: Encoder, vectors: Vectors) -> float:
    """The cosine over which a paper of this corpus is a good match to a query, with this encoder."""
    queries = encoder.encode_queries(OFF_TOPIC)
    best = np.array([vectors.search(query, 1)[1][0] for query in queries])
    return float(best.mean() + DEVIATIONS * best.std())
