"""The defects. Each is one exact edit of one file; an edit that no longer applies is an error.

`suites` are tried in this order, the quickest first; the first one that fails has caught the defect.
"""

from dataclasses import dataclass

LIVES, LIVES_X, LIVES_SITOO, CRASH = "lives", "lives-x", "lives-sitoo", "crash"
PROMISES = "promises"  # the tests of what goes to Klaviyo: lives never come to this net
READING = "reading"  # the tests of what is asked of the tills
STORIES = "stories"  # the library of scenarios
WATCHED = "lives-watched"  # each life asks the monitor
_R = "sync/sources/lightspeed_r"


@dataclass(frozen=True, slots=True)
class Bug:
    """One defect: what it is called, what it would do to a merchant, and the edit that makes it."""

    name: str
    says: str
    file: str
    old: str
    new: str
    suites: tuple[str, ...] = (LIVES, STORIES)


BUGS: tuple[Bug, ...] = (
    Bug(
        "no-unique-id",
        "events carry no id, so a retry doubles them and two sales of a second become one",
        "sync/klaviyo/write.py",
        "self._client.post(path, body, bucket)",
        "self._client.post(path, body.replace(b'\"unique_id\"', b'\"ignored_id\"'), bucket)",
    ),
    Bug(
        "cursor-before-commit",
        "the cursor moves on before the page is kept: a crash in between loses the page",
        "sync/engine/ingest.py",
        """        self._checkpoint("page read")
""",
        """        self._checkpoint("page read")
        if cursor_name is not None and page.cursor is not None:
            with self._store.writing() as connection:
                accounts.set_cursor(connection, self._account, cursor_name, page.cursor)
""",
        (LIVES, CRASH, STORIES),
    ),
    Bug(
        "wrong-zone",
        "the till's times are taken for local ones, whatever offset they carry: sales move by hours",
        "sync/domain/clock.py",
        """    if instant.tzinfo is None:
        raise ValueError("the time has no offset")
    return instant.astimezone(UTC)""",
        """    return instant.replace(tzinfo=zone("America/New_York")).astimezone(UTC)""",
    ),
    Bug(
        "local-time",
        "events are written in the time of a zone, with the offset of another",
        "sync/domain/clock.py",
        'return instant.astimezone(UTC).isoformat(timespec="seconds")',
        'return instant.astimezone(zone("Asia/Tokyo")).replace(tzinfo=UTC).isoformat(timespec="seconds")',
    ),
    Bug(
        "swallowed-429",
        "a refusal for too many requests counts as done",
        "sync/http/client.py",
        "        if 200 <= response.status < 300:\n",
        '        if response.status == 429 and ask.method == "POST":\n            return response\n'
        "        if 200 <= response.status < 300:\n",
    ),
    Bug(
        "mark-before-send",
        "events are marked as sent before the request: whatever fails then is never sent",
        "sync/engine/deliver.py",
        '        self._checkpoint("batch committed")\n',
        '        self._mark(batch, [], [])\n        self._checkpoint("batch committed")\n',
        (LIVES, CRASH, STORIES),
    ),
    Bug(
        "float-money",
        "amounts go through a float and are cut off",
        "sync/domain/money.py",
        "    minor = int(amount.scaleb(exponent(currency), _EXACT).quantize(_ONE, ROUND_HALF_UP, _EXACT))\n",
        "    minor = int(float(amount) * 10 ** exponent(currency))\n",
    ),
    Bug(
        "ids-not-frozen",
        "a sale's later events follow the customer's new address, over two profiles",
        "sync/engine/judge.py",
        "        email = next("
        "(event.email for event in known if event.frozen and event.kind != Kind.SHIPPED), None)\n",
        "        email = None\n",
    ),
    Bug(
        "goods-stay-with-the-sale",
        "goods for somebody else lie on the buyer's profile if they leave after the order was sent",
        "sync/engine/judge.py",
        "(to_buyer and event.frozen)]\n",
        "event.frozen]\n",
        (STORIES,),  # a parcel that changes hands between two runs is rare among made-up lives
    ),
    Bug(
        "sent-is-not-settled",
        "what was sent is planned anew when the sale changes",
        "sync/engine/judge.py",
        """            if before is not None and before.frozen:
                continue
""",
        "",
        (STORIES,),  # Klaviyo keeps the first, so neither end shows it; the run's own count does
    ),
    Bug(
        "refund-as-new-sale",
        "a refund carries its own receipt's id, so nothing is netted",
        "sync/domain/planning.py",
        "        return identity.sale_event_id(sale.source, sale.account_id, original.sale_id)\n",
        "        return identity.sale_event_id(sale.source, sale.account_id, sale.sale_id)\n",
    ),
    Bug(
        "second-refund-swallowed",
        "partial refunds of a sale share one id, and Klaviyo keeps the first",
        "sync/domain/identity.py",
        '    return f"{source}:{account_id}:{original_sale_id}:refund:{refund_sale_id}"\n',
        '    return f"{source}:{account_id}:{original_sale_id}:refund"\n',
    ),
    Bug(
        "void-ignored",
        "voided sales are sent like any other",
        "sync/domain/eligibility.py",
        "    return Exclusion.VOIDED if candidate.state is SaleState.VOIDED else None\n",
        "    return None\n",
    ),
    Bug(
        "void-not-taken-back",
        "a sale voided after it was sent stays in Klaviyo",
        "sync/engine/judge.py",
        "        if not (planning.voided(sale) and went_out and Kind.CANCELED in self._kinds):\n",
        "        if not (planning.voided(sale) and not went_out and Kind.CANCELED in self._kinds):\n",
    ),
    Bug(
        "look-back-off",
        "nothing is read twice, so what appears late behind the cursor is lost",
        f"{_R}/source.py",
        'return {} if at is None else {field: f">=,{iso(at - self._overlap)}"}',
        'return {} if at is None else {field: f">=,{iso(at)}"}',
        (READING,),  # the fake shows no row late whose every time is old
    ),
    Bug(
        "versions-never-twice",
        "X-Series reads on from the highest version it saw, so a lower one that appears later is lost",
        "sync/sources/lightspeed_x/reach.py",
        "        before_s = self.at_s - int(overlap.total_seconds())\n",
        "        before_s = self.at_s\n",
        (STORIES,),
    ),
    Bug(
        "edits-unread",
        "changes of old sales are not looked for",
        f"{_R}/source.py",
        '        yield from self._changed("edits", "updatetime", '
        "lambda row: row.updatetime or row.update_time, at)\n",
        "        return\n",
    ),
    Bug(
        "page-one-short",
        "the last row of a full page is dropped",
        f"{_R}/client.py",
        "            yield rows\n            if not rows.next_url:\n",
        "            yield replace(rows, rows=rows.rows[:-1]) if rows.next_url else rows\n"
        "            if not rows.next_url:\n",
    ),
    Bug(
        "only-the-first-page",
        "nobody turns the page",
        f"{_R}/client.py",
        "            if not rows.next_url:\n                return\n",
        "            return\n",
    ),
    Bug(
        "email-not-validated",
        "addresses are sent as they were typed: one bad one refuses its batch, a test one swallows its sale",
        "sync/domain/contact.py",
        """    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return None if swallowed(found.ascii_domain or found.domain) else found.normalized.lower()
""",
        "    return text.lower()\n",
    ),
    Bug(
        "zero-sent",
        "sales worth nothing are sent",
        "sync/domain/eligibility.py",
        "Exclusion.ZERO_VALUE if policy.exclude_zero_value and candidate.value_minor == 0 else None",
        "None",
    ),
    Bug(
        "web-shop-sent",
        "a web shop's sales are sent a second time",
        "sync/domain/eligibility.py",
        "    return Exclusion.ECOMMERCE if listed else None\n",
        "    return None\n",
    ),
    Bug(
        "exchange-not-split",
        "what was bought in an exchange counts less what came back",
        "sync/domain/planning.py",
        "    value_minor = sale.total_minor - sum(line.total_minor for line in returned)\n"
        "    return PlannedEvent(\n        kind=Kind.PLACED,",
        "    value_minor = sale.total_minor\n    return PlannedEvent(\n        kind=Kind.PLACED,",
    ),
    Bug(
        "left-out-for-good",
        "a sale left out for want of an address is never looked at again",
        "sync/engine/feeds.py",
        """        if not reachable:
            return []
""",
        "        return []\n",
    ),
    Bug(
        "claims-forgotten",
        "a batch that was under way when the process died is never sent",
        "sync/engine/deliver.py",
        "        for number in numbers:\n            with",
        "        for number in numbers[:0]:\n            with",
        (LIVES, CRASH, STORIES),
    ),
    Bug(
        "reset-means-done",
        "a connection that breaks counts as a request that arrived",
        "sync/http/client.py",
        "            raise self._unreachable(ask, problem) from None\n",
        '            if ask.method == "POST":\n'
        '                return Response(202, httpx.Headers(), b"")\n'
        "            raise self._unreachable(ask, problem) from None\n",
    ),
    Bug(
        "same-id-twice-in-a-batch",
        "one request carries an id twice, and Klaviyo refuses all of it",
        "sync/klaviyo/bodies.py",
        "            if key in keys:\n",
        "            if key in keys and size < 0:\n",
        (PROMISES, STORIES),
    ),
    Bug(
        "monitor-overlooks-missing",
        "an event that Klaviyo lost does not change the monitor's verdict",
        "monitor/verdict.py",
        "    if totals:\n        return VerdictCode.DRIFT\n",
        '    if set(totals) - {"missing"}:\n        return VerdictCode.DRIFT\n',
        (WATCHED, STORIES),
    ),
    Bug(
        "consent-ignored",
        "people who said no are written to",
        "sync/domain/eligibility.py",
        "    if not policy.require_consent or candidate.customer is None:\n",
        "    if True:\n",
        (LIVES_X, STORIES),
    ),
)
