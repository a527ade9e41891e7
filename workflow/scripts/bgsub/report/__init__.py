"""The pages: what they show, and the sentences made from a run's figures."""
