"""The comparison of Tandem with nginx, h2o and Caddy. `Benchmarks/run` is the way in."""
