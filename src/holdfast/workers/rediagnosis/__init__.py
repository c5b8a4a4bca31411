"""Another diagnosis of an incident that was, from what was recorded alone: nothing is asked, told or changed."""
