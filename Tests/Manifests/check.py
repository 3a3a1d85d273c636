"""Checks Cluster/kubernetes without a cluster: every object against a strict schema of exactly the kinds used there, then what
no schema sees, namely that names, labels, ports, volumes and secrets meet, and that pods keep to the "restricted" standard.

    python3 Tests/Manifests/check.py DIRECTORY

Prints what is wrong, one finding a line, and ends with code 1 where there is any.
"""
import json
import pathlib
import sys

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice, which YAML's readers pass over."""


def mapping(loader, node, deep=False):
    seen = set()
    for key, _ in node.value:
        name = loader.construct_object(key, deep=True)
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {name!r} stands twice", key.start_mark)
        seen.add(name)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def load(directory):
    """Objects as (where, object), in the order of kustomization.yaml, which must name every file."""
    kustomization = yaml.load((directory / "kustomization.yaml").read_text(), Strict)
    files = sorted(path.name for path in directory.glob("*.yaml") if path.name != "kustomization.yaml")
    if sorted(kustomization["resources"]) != files:
        yield "kustomization.yaml", {"kind": "?", "problem": f"names {kustomization['resources']}, and there are {files}"}
    for name in kustomization["resources"]:
        for number, document in enumerate(yaml.load_all((directory / name).read_text(), Strict), 1):
            yield f"{name}, object {number}", document


def by_schema(objects):
    schema = json.loads((HERE / "kubernetes.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    for where, item in objects:
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind not in schema["definitions"]["kinds"]["properties"]:
            yield f"{where}: {item.get('problem') or f'no kind that is used here: {kind}'}"
            continue
        part = dict(schema["definitions"]["kinds"]["properties"][kind], definitions=schema["definitions"])
        for error in jsonschema.Draft7Validator(part).iter_errors(item):
            yield f"{where} ({kind}), {'/'.join(map(str, error.absolute_path)) or 'top'}: {error.message}"


def pods(objects):
    for where, item in objects:
        if item["kind"] in ("Deployment", "StatefulSet"):
            yield where, item, item["spec"]["template"]["spec"], item["spec"]["template"]["metadata"]["labels"]


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in (selector or {}).items())


def together(objects):
    """What only shows between objects."""
    names = {}
    for where, item in objects:
        key = (item["kind"], item["metadata"]["name"])
        if key in names:
            yield f"{where}: {key} stands twice"
        names[key] = item
        if item["kind"] != "Namespace" and item["metadata"].get("namespace") != "filterscope":
            yield f"{where}: is not in the namespace"
    all_labels = [labels for _, _, _, labels in pods(objects)]
    for where, item, pod, labels in pods(objects):
        if not matches(item["spec"]["selector"]["matchLabels"], labels):
            yield f"{where}: its selector does not select its own pods"
        yield from pod_faults(where, item, pod, names)
    for where, item in objects:
        if item["kind"] == "Service":
            chosen = [pod for _, _, pod, labels in pods(objects) if matches(item["spec"]["selector"], labels)]
            if len(chosen) != 1:
                yield f"{where}: selects pods of {len(chosen)} kinds"
            ports = {port["name"]: port["containerPort"] for pod in chosen for box in pod["containers"] for port in box.get("ports", [])}
            for port in item["spec"]["ports"]:
                if ports.get(port["targetPort"]) != port["port"]:
                    yield f"{where}: port {port['name']} leads to no port of that number"
        if item["kind"] == "PodDisruptionBudget" and not any(matches(item["spec"]["selector"]["matchLabels"], labels) for labels in all_labels):
            yield f"{where}: selects no pods"
        if item["kind"] == "NetworkPolicy":
            selectors = [item["spec"]["podSelector"]] + [
                peer["podSelector"] for rules in ("ingress", "egress") for rule in item["spec"].get(rules, [])
                for peer in rule.get("from", []) + rule.get("to", []) if "podSelector" in peer]
            for selector in selectors:
                if not any(matches(selector.get("matchLabels"), labels) for labels in all_labels):
                    yield f"{where}: selects no pods with {selector}"
    coordinator, worker = names.get(("StatefulSet", "coordinator")), names.get(("Deployment", "worker"))
    if not coordinator or not worker:
        yield "a coordinator or a worker is missing"
        return
    if ("Service", coordinator["spec"]["serviceName"]) not in names:
        yield "the coordinator's service is missing"
    arguments = worker["spec"]["template"]["spec"]["containers"][0]["args"]
    endpoint = arguments[arguments.index("--connect") + 1]
    service = names[("Service", "coordinator")]
    wanted = f"tcp://{service['metadata']['name']}.{service['metadata']['namespace']}.svc:"
    if not endpoint.startswith(wanted) or int(endpoint[len(wanted):]) not in [port["port"] for port in service["spec"]["ports"]]:
        yield f"workers connect to {endpoint}, which is no port of the service"


def pod_faults(where, item, pod, names):
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    claims = {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])}
    containers = pod.get("initContainers", []) + pod["containers"]
    used = {mount["name"] for box in containers for mount in box.get("volumeMounts", [])}
    if used != volumes | claims:
        yield f"{where}: volumes {sorted(volumes | claims)} and mounts {sorted(used)} do not meet"
    security = pod["securityContext"]
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{where}: does not keep to the restricted standard"
    for box in containers:
        own = box["securityContext"]
        if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities", {}).get("drop") != ["ALL"] or not own.get("readOnlyRootFilesystem"):
            yield f"{where}, {box['name']}: does not keep to the restricted standard"
        known = {variable["name"] for variable in box.get("env", [])}
        for source in box.get("envFrom", []):
            settings = names.get(("ConfigMap", source["configMapRef"]["name"]))
            if not settings:
                yield f"{where}: no settings called {source['configMapRef']['name']}"
            else:
                known |= set(settings["data"])
        for word in box.get("args", []):
            if word.startswith("$(") and word[2:-1] not in known:
                yield f"{where}, {box['name']}: {word} is not set"
        ports = {port["name"]: port["containerPort"] for port in box.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in box and ports.get(box[probe]["httpGet"]["port"]) != 9464:
                yield f"{where}, {box['name']}: {probe} asks no port of the page"
        if "--http" in box.get("args", []) and "startupProbe" not in box:
            yield f"{where}, {box['name']}: has a page and no probes"


def main():
    directory = pathlib.Path(sys.argv[1])
    try:
        objects = list(load(directory))
    except (yaml.YAMLError, OSError, KeyError) as error:
        print(f"{directory}: {error}")
        return 1
    findings = list(by_schema(objects))
    # Only where every object has the parts that are looked at.
    findings = findings or list(together(objects))
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{len(objects)} objects: {', '.join(sorted(item['kind'] for _, item in objects))}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
