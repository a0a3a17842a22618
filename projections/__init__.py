"""Read models: folds from the log to tables, the follower that keeps them current, the queries."""
