"""The cellar: settings, clients, activities and workers joined in one straight line."""
