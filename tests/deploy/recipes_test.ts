import assert from "node:assert/strict";
import { parse } from "yaml";
import { tarGz } from "../../scripts/release/archive.ts";
import { TARGETS } from "../../scripts/compile/targets.ts";
import { folderOf } from "../harness/atlas.ts";
import { migrate } from "../harness/program.ts";
import { tools, toolTest } from "../harness/tools.ts";

const RECIPES = [
  ".github/workflows/ci.yml",
  ".github/workflows/release.yml",
  "deploy/ci/github.yml",
  "deploy/ci/gitlab.yml",
  "deploy/kubernetes/init_container.yaml",
  "deploy/kubernetes/job.yaml",
];

Deno.test("every action in a workflow is pinned by its hash, with its version beside it", async () => {
  for (const file of RECIPES) {
    const text = await Deno.readTextFile(file);
    assert.ok(typeof parse(text) === "object", file);
    for (const [line] of text.matchAll(/^.*\buses:.*$/gm)) {
      assert.match(line, /uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
    }
  }
});

toolTest("actionlint", "actionlint finds no fault in the workflows", async (actionlint) => {
  const { code, stdout } = await new Deno.Command(actionlint, {
    // The steps are plain commands, and the shell's own checker is another tool.
    args: ["-no-color", "-shellcheck=", ...RECIPES.filter((file) => /github/.test(file))],
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "");
  assert.equal(code, 0);
});

Deno.test("the workflows run tasks that exist, with the Deno of the README", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const version = /deno@([\d.]+\d) task/.exec(await Deno.readTextFile("README.md"))?.[1];
  for (const file of [".github/workflows/ci.yml", ".github/workflows/release.yml"]) {
    const found = [...(await Deno.readTextFile(file)).matchAll(/deno@(\S+) task ([\w:]+)/g)];
    assert.ok(found.length > 1);
    for (const [, deno, task = ""] of found) {
      assert.equal(deno, version, file);
      assert.ok(task in tasks, `${file}: ${task}`);
    }
  }
});

Deno.test("the release runs each program that it makes", async () => {
  const { jobs } = parse(await Deno.readTextFile(".github/workflows/release.yml"));
  const run = jobs.run.strategy.matrix.include.map(({ target }: { target: string }) => target);
  assert.deepEqual(run, TARGETS);
});

Deno.test("the tests that the workflows name are there, and so are the tools that they demand", async () => {
  for (const file of [".github/workflows/ci.yml", ".github/workflows/release.yml"]) {
    const text = await Deno.readTextFile(file);
    for (const [path] of text.matchAll(/tests\/\S+\.ts/g)) assert.ok(await Deno.stat(path), path);
    for (const [, names = ""] of text.matchAll(/^ +tools: (\S+)$/gm)) {
      for (const name of names.split(",")) assert.ok(name in tools, `${file}: ${name}`);
    }
  }
});

Deno.test({
  name: "the steps of the release unpack an archive and run what is in it",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { jobs } = parse(await Deno.readTextFile(".github/workflows/release.yml"));
    const [target = ""] = TARGETS;
    await using folder = await folderOf({});
    const name = `hotpot-migrate-1.2.3-${target}`;
    const program = new TextEncoder().encode('#!/bin/sh\necho "$0 $*"\n');
    const entries = ["migrate", "genmigrate"].map((file) => ({
      name: `${name}/${file}`,
      bytes: program,
      executable: true,
    }));
    await Deno.mkdir(`${folder.path}/dist`);
    await Deno.writeFile(`${folder.path}/dist/${name}.tar.gz`, tarGz(entries, 1_700_000_000));
    let told = "";
    for (const step of ["Unpack", "Run with nothing in the environment", "Run"]) {
      const { run } = jobs.run.steps.find((each: { name?: string }) => each.name === step);
      const { code, stderr, stdout } = await new Deno.Command("bash", {
        args: ["-euo", "pipefail", "-c", run.replaceAll("${{ matrix.target }}", target)],
        cwd: folder.path,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      told += new TextDecoder().decode(stdout);
    }
    const version = "programs/migrate version --json\n";
    assert.equal(told, `${version}${version}programs/genmigrate --version\n`);
  },
});

Deno.test("the program understands the arguments that the recipes give it", async () => {
  const job = parse(await Deno.readTextFile("deploy/kubernetes/job.yaml"));
  const init = parse(await Deno.readTextFile("deploy/kubernetes/init_container.yaml"));
  const container = await Deno.readTextFile("deploy/container/Containerfile");
  const unit = await Deno.readTextFile("deploy/systemd/hotpot-migrate.service");
  const calls: readonly (readonly string[])[] = [
    job.spec.template.spec.containers[0].args,
    init.spec.template.spec.initContainers[0].args,
    JSON.parse(/^CMD (.*)$/m.exec(container)?.[1] ?? ""),
    (/^ExecStart=\S+ (.*)$/m.exec(unit)?.[1] ?? "").split(" "),
  ];
  for (const args of calls) {
    const { code, err } = await migrate([...args, "--config", "nowhere.yaml"]);
    assert.equal(code, 2);
    assert.match(err, /error\[config_missing\]/, args.join(" "));
  }
});

Deno.test("the init container asks Vault, with the token of its volume", async () => {
  const text = await Deno.readTextFile("deploy/kubernetes/init_container.yaml");
  const { spec } = parse(text).spec.template;
  const [{ env: list, volumeMounts: [mount] }] = spec.initContainers;
  const env: Record<string, string> = Object.fromEntries(
    list.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const [source] = spec.volumes.find(({ name }: { name: string }) => name === mount.name)
    .projected.sources;
  assert.equal(env["VAULT_JWT_FILE"], `${mount.mountPath}/${source.serviceAccountToken.path}`);
  assert.deepEqual(
    spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts),
    [],
    "the token is for the migrating container alone",
  );
  await using folder = await folderOf({ token: "e30.e30.e30" });
  const VAULT_JWT_FILE = `${folder.path}/token`;
  if (Deno.build.os !== "windows") await Deno.chmod(VAULT_JWT_FILE, 0o440);
  // Nobody listens there: that it asks shows that it understands all of them.
  const there = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_MAX_RETRIES: "0", VAULT_JWT_FILE };
  const { err } = await migrate([], { ...env, ...there });
  assert.match(err, /error\[vault_unreachable\]/);
});

toolTest(
  "kubernetes_validate",
  "the pods are what Kubernetes' own schemas allow",
  async (validate) => {
    for (const file of ["job", "init_container"]) {
      const { code, stderr, stdout } = await new Deno.Command(validate, {
        args: ["--strict", `deploy/kubernetes/${file}.yaml`],
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    }
  },
);

Deno.test("a pod of the recipes may do nothing that the program does not need", async () => {
  for (const file of ["job", "init_container"]) {
    const { spec } = parse(await Deno.readTextFile(`deploy/kubernetes/${file}.yaml`)).spec.template;
    const [migrate] = spec.initContainers ?? spec.containers;
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.automountServiceAccountToken, false);
    assert.deepEqual(migrate.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  }
});

toolTest("check_jsonschema", "the job for GitLab is what GitLab's schema allows", async (check) => {
  const { code, stderr, stdout } = await new Deno.Command(check, {
    args: [
      ...["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
      "deploy/ci/gitlab.yml",
    ],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
});

toolTest("systemd_analyze", "systemd finds no fault in the unit", async (analyze) => {
  const text = await Deno.readTextFile("deploy/systemd/hotpot-migrate.service");
  // The program has to be where the unit says; here another stands in.
  await using folder = await folderOf({
    "hotpot-migrate.service": text.replaceAll("/usr/local/bin/migrate", "/bin/true"),
  });
  const { code, stderr } = await new Deno.Command(analyze, {
    args: ["verify", `${folder.path}/hotpot-migrate.service`],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.equal(code, 0);
});
