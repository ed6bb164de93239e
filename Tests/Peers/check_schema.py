"""The JSON Schema of `retort schema` against definitions, by the library that editors' checks come from.

    check_schema.py RETORT DEFINITION...

Every definition must be accepted, and so must every example that the schema gives of a key, in its place. Each
definition is also spoiled in the ways below, and must then be refused wherever the spoiling changed something: a
schema that accepts everything would pass otherwise.
"""

import copy
import json
import re
import subprocess
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2, as Retort and editors read it: `on` is a word there, and no truth as in 1.1."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


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


def other_format(definition):
    definition["format"] = 2


def no_body(definition):
    for stage in definition["stages"]:
        for kind in ("pretrain", "distill", "finetune"):
            stage.pop(kind, None)


def two_bodies(definition):
    for stage in definition["stages"]:
        for kind in ("pretrain", "distill", "finetune"):
            stage.setdefault(kind, {"recipe": "x"})


def capital_name(definition):
    definition["name"] = "Quick start"


def name_with_slash(definition):
    definition["name"] = "a/b"


def capital_id(definition):
    for stage in definition["stages"]:
        stage["id"] = "SST-2"


def number_first_in_id(definition):
    for stage in definition["stages"]:
        stage["id"] = "2nd"


def capital_model(definition):
    definition["models"]["Teacher"] = next(iter(definition["models"].values()))


def hidden(states):
    common = {"compare": "mse", "over_pairs": "sum", "positions": "all", "average": "tokens"}
    return {"weight": 1.0, "states": states, **common}


def add_term(definition, term):
    """To the loss of every distillation, in the form that it has."""
    for kind, body in bodies(definition):
        if kind == "distill":
            loss = body.setdefault("loss", {})
            if isinstance(loss, list):
                loss.append(term)
            else:
                loss.update(term)


def no_pairs(definition):
    add_term(definition, {"hidden": hidden([])})


def equal_pairs(definition):
    add_term(definition, {"hidden": hidden([[2, 1], [2, 1]])})


def empty_stages(definition):
    definition["stages"] = []


def sweep_of_nothing(definition):
    definition["sweep"] = {"seed": []}


def equal_sweep_values(definition):
    definition["sweep"] = {"seed": [1, 1]}


def equal_baselines(definition):
    definition["baselines"] = ["teacher", "teacher"]


def equal_ablations(definition):
    definition["ablate"] = ["cosine", "init", "cosine"]


def frozen_text(definition):
    for _, body in bodies(definition):
        body["freeze"] = ["layers.one"]


def cycles_of_no_schedule(definition):
    for _, body in bodies(definition):
        body["schedule"] = {"cycles": 1}


def cycles_of_linear(definition):
    for _, body in bodies(definition):
        body["schedule"] = {"name": "linear", "cycles": 1}


def short_cycles_of_no_schedule(definition):
    for _, body in bodies(definition):
        body.pop("schedule", None)
        body["cycles"] = 1


FILES = {"files": {"train": "a.csv"}, "text": "t", "label": "l"}


def task_without_development_set(definition):
    definition.setdefault("tasks", {})["mine"] = FILES


def task_with_two_development_sets(definition):
    task = {**FILES, "files": {"train": "a.csv", "dev": "b.csv"}, "dev": {"fraction": 0.1}}
    definition.setdefault("tasks", {})["mine"] = task


def task_of_one_class(definition):
    task = {**FILES, "dev": {"fraction": 0.1}, "classes": ["good"]}
    definition.setdefault("tasks", {})["mine"] = task


def task_of_two_kinds(definition):
    made = {"grammar": "film_reviews", "train": 8, "dev": 8, "test": 0}
    task = {**FILES, "dev": {"fraction": 0.1}, "generated": made}
    definition.setdefault("tasks", {})["mine"] = task


def model_of_two_kinds(definition):
    for model in definition["models"].values():
        model["from"] = "hub:a/b"
        model["init_from"] = "teacher"


def student_without_layers(definition):
    for model in definition["models"].values():
        if "layers" in model:
            model["layers"] = []


def hub_without_name(definition):
    definition["models"]["mine"] = {"from": "hub:bert"}


def vocabulary_of_two_kinds(definition):
    trained = {"corpus": ["x"], "size": 1000}
    definition["vocabulary"] = {"from": "teacher", "train": trained}


def no_corpus(definition):
    for _, body in bodies(definition):
        if "corpus" in body:
            body["corpus"] = []


SPOILINGS = [
    other_format,
    no_body,
    two_bodies,
    capital_name,
    name_with_slash,
    capital_id,
    number_first_in_id,
    capital_model,
    no_pairs,
    equal_pairs,
    empty_stages,
    sweep_of_nothing,
    equal_sweep_values,
    equal_baselines,
    equal_ablations,
    frozen_text,
    cycles_of_no_schedule,
    cycles_of_linear,
    short_cycles_of_no_schedule,
    task_without_development_set,
    task_with_two_development_sets,
    task_of_one_class,
    task_of_two_kinds,
    model_of_two_kinds,
    student_without_layers,
    hub_without_name,
    vocabulary_of_two_kinds,
    no_corpus,
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


def parts(schema, place="#"):
    """Every schema within a schema, with its place."""
    if isinstance(schema, dict):
        yield place, schema
        for key, part in schema.items():
            if key not in ("examples", "const", "enum"):
                yield from parts(part, f"{place}/{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from parts(part, f"{place}/{index}")


def main(retort, paths):
    text = subprocess.run([retort, "schema"], check=True, capture_output=True, text=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong, refused, examples = [], 0, 0
    for place, part in parts(schema):
        if not isinstance(part.get("examples"), list):
            continue
        for example in part["examples"]:
            examples += 1
            for error in jsonschema.Draft202012Validator(part).iter_errors(example):
                wrong.append(f"{place}: refuses its example {example}: {error.message}")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            definition = yaml.load(file, Loader)
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
    print(
        f"{len(paths)} definitions, {examples} examples, {refused} spoiled definitions, "
        f"{len(wrong)} judged wrongly"
    )
    return 1 if wrong or not paths or not examples else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
