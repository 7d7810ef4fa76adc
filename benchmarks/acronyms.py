"""Whether an acronym and its long form get one answer: python -m benchmarks.acronyms INDEX

Asks an index of machine-learning papers twenty questions twice, once with the acronym and once written out,
and counts the papers that both lists of ten have.
"""

import argparse
from pathlib import Path

from benchmarks.quality import describe_machine
from papersearch.index import Index
from papersearch.query import Query

PAIRS = (
    ("RL", "reinforcement learning", "{} for compilers"),
    ("GNN", "graph neural network", "{} for molecules"),
    ("LLM", "large language model", "{} reasoning"),
    ("CNN", "convolutional neural network", "{} pruning"),
    ("GAN", "generative adversarial network", "{} training stability"),
    ("NAS", "neural architecture search", "{} cost"),
    ("MARL", "multi-agent reinforcement learning", "{} communication"),
    ("ViT", "vision transformer", "{} compression"),
    ("SSL", "self-supervised learning", "{} speech"),
    ("FL", "federated learning", "{} privacy"),
    ("KD", "knowledge distillation", "{} language models"),
    ("VAE", "variational autoencoder", "{} posterior collapse"),
    ("NMT", "neural machine translation", "{} low resource"),
    ("VQA", "visual question answering", "{} bias"),
    ("MCTS", "Monte Carlo tree search", "{} planning"),
    ("OOD", "out-of-distribution", "{} detection"),
    ("SGD", "stochastic gradient descent", "{} convergence"),
    ("GP", "Gaussian process", "{} regression"),
    ("RLHF", "reinforcement learning from human feedback", "{} alignment"),
    ("NeRF", "neural radiance field", "{} rendering"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    index = Index.open(parser.parse_args().index)
    print(describe_machine())
    shares = []
    for short, long, question in PAIRS:
        queries = [Query(question.format(form)) for form in (short, long)]
        answers = [{hit.paper.id for hit in index.search(query).hits} for query in queries]
        shares.append(len(answers[0] & answers[1]))
        print(f"{shares[-1]:3} of 10  {question.format(short)} / {question.format(long)}")
    print(f"at least 8: {sum(share >= 8 for share in shares)} of {len(shares)}; the least {min(shares)}")


if __name__ == "__main__":
    main()
