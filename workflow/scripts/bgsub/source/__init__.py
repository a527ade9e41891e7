"""From a clip's source to one array of frames."""
