"""What keeps one event or profile from being sent, found out before Klaviyo could refuse a whole batch."""


class CannotSend(ValueError):
    """Klaviyo would refuse or swallow this. It belongs in the dead letters with `reason` and `detail`.

    `reason` is a stable code, `detail` a plain sentence that quotes nothing personal.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the code and the sentence."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
