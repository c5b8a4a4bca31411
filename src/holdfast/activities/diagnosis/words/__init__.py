"""What a model may say: its forms, the checks of every claim and question, and what is made of what stands."""
