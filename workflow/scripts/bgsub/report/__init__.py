"""The clip's page and the pages over clips: what they say, and the data and pictures that they carry.

Throughout, a DataFrame is the clip's table of that name (docs/results.md): `absorption` is `absorption.csv`.
`names` are those of the methods by their keys, in the order of the config, or as `Names` also the models';
`fps` is frames per second; `span` is when the person lies still, None if nobody does.
"""
