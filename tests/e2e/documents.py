"""The JSON documents of the program, held to their schemas in schemas/."""

import json
import pathlib

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"


def schema(name):
    return json.loads((SCHEMAS / (name.replace("/", "-") + ".json")).read_text())


def names():
    return sorted(json.loads(f.read_text())["title"] for f in SCHEMAS.glob("*.json"))


def validate(document, name=None):
    """Fails unless the document is what its schema says; returns it."""
    jsonschema.Draft7Validator(schema(name or document["schema"])).validate(document)
    return document
