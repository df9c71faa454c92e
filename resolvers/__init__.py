"""How a query is answered: operation + view -> plan -> fetches -> response."""
