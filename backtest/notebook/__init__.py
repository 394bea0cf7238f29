"""What a result shows in a notebook: a summary, charts, and tables as journals print them."""
