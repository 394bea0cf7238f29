"""Could it have been traded: rules on the study's events, fills, costs and one book."""
