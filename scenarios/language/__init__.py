"""The scenario language: what a story may say, and reading it. The words are in scenarios/README.md."""
