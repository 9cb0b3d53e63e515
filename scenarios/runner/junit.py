"""The suite as JUnit XML, which every build server reads."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from scenarios.runner.run import Outcome
from scenarios.runner.suite import Suite


def write(suite: Suite, path: Path) -> None:
    """One test case a story. Raises OSError."""
    told = Xml.Element(
        "testsuite",
        name="scenarios",
        tests=str(len(suite.outcomes)),
        failures=str(len(suite.failed)),
        errors=str(len(suite.wrong)),
        skipped=str(len(suite.skipped)),
        time=f"{suite.seconds:.3f}",
    )
    for one in suite.outcomes:
        _case(told, one)
    path.parent.mkdir(parents=True, exist_ok=True)
    Xml.ElementTree(told).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: Xml.Element, one: Outcome) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=_clean(one.topic),
        name=_clean(one.title),
        time=f"{one.seconds:.3f}",
        file=one.file,
    )
    if one.skipped:
        Xml.SubElement(case, "skipped", message=_clean(one.skipped))
    elif one.trouble:
        first = _clean(one.trouble.split("\n", 1)[0])
        Xml.SubElement(case, "error" if one.wrong else "failure", message=first).text = _clean(one.trouble)


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign if sign >= " " or sign in "\t\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
