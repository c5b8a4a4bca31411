"""Who is knocking, how much may they bring, and under which trace id."""
