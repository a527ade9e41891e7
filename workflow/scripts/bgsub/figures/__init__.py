"""The figures of a clip's results.

Throughout, `names` are those of the models or methods that are drawn, by their keys.
"""
