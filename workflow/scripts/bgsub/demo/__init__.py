"""The embedded clip: a rendered room in which a person falls, with exact ground truth."""
