"""A hub and three regions as processes: what people see while parts of the country are away, removed or changing."""
