"""The JSON Schema of `retort schema` against definitions, by the library that editors' checks come from.

    check_schema.py RETORT DEFINITION...

Every definition must be accepted. Each of them is also spoiled in the ways below, and must then be refused
wherever the spoiling changed something: a schema that accepts everything would pass otherwise.
"""

import copy
import json
import subprocess
import sys

import jsonschema
import yaml


def bodies(definition):
    """The body of every stage."""
    for stage in definition["stages"]:
        for kind in ("pretrain", "distill", "finetune"):
            if kind in stage:
                yield kind, stage[kind]


def unknown_top_key(definition):
    definition["sead"] = 1


def text_for_seed(definition):
    definition["seed"] = "seven"


def no_stages(definition):
    del definition["stages"]


def no_teacher(definition):
    for kind, body in bodies(definition):
        if kind == "distill":
            del body["teacher"]


def unknown_stage_key(definition):
    for _, body in bodies(definition):
        body["bach_size"] = 1


def negative_rate(definition):
    for _, body in bodies(definition):
        body["learning_rate"] = -1.0


def no_epochs(definition):
    for _, body in bodies(definition):
        body["limit"] = {"epochs": 0}


def two_limits(definition):
    for _, body in bodies(definition):
        body["limit"] = {"epochs": 1, "steps": 1}


def unknown_term(definition):
    for kind, body in bodies(definition):
        if kind == "distill":
            body["loss"] = {"soft_target": {"weight": 1.0}}


def unknown_optimizer(definition):
    for _, body in bodies(definition):
        body["optimizer"] = {"name": "adamv"}


SPOILINGS = [
    unknown_top_key,
    text_for_seed,
    no_stages,
    no_teacher,
    unknown_stage_key,
    negative_rate,
    no_epochs,
    two_limits,
    unknown_term,
    unknown_optimizer,
]


def main(retort, paths):
    text = subprocess.run([retort, "schema"], check=True, capture_output=True, text=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong, refused = [], 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            definition = yaml.safe_load(file)
        for error in validator.iter_errors(definition):
            place = ".".join(str(part) for part in error.path)
            wrong.append(f"{path}: refused at {place}: {error.message}")
        for spoil in SPOILINGS:
            spoiled = copy.deepcopy(definition)
            spoil(spoiled)
            if spoiled == definition:
                continue
            if validator.is_valid(spoiled):
                wrong.append(f"{path}: accepted with {spoil.__name__}")
            refused += 1
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(paths)} definitions, {refused} spoiled ones, {len(wrong)} judged wrongly")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
