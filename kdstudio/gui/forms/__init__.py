"""Forms made from the experiment's pydantic fields."""
