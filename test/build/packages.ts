/** A context with a Debian repository, an npm package and a python wheel, made on the spot. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const env = { ...process.env, SOURCE_DATE_EPOCH: "1600000000" };
const FIXED = ["--sort=name", "--mtime=@1600000000", "--owner=0", "--group=0", "--numeric-owner"];

function run(command: string[], cwd?: string): void {
  const child = Bun.spawnSync(command, { env, stderr: "pipe", ...(cwd ? { cwd } : {}) });
  if (child.exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")}: ${child.stderr}`);
}

function layOut(folder: string, files: Record<string, string>, mode = 0o644): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  }
}

/** Writes repo/, greet-1.0.0.tgz and a wheel into the folder. */
export function writePackages(folder: string): void {
  const work = mkdtempSync(join(tmpdir(), "packages-"));
  try {
    writeRepository(join(folder, "repo"), work);
    writeNpmPackage(join(folder, "greet-1.0.0.tgz"), work);
    writeWheel(folder, work);
    run(["find", folder, "-exec", "touch", "-h", "-d", "@1600000000", "{}", "+"]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Two packages, one of which needs the other, with scripts that dpkg runs. */
function writeRepository(repo: string, work: string): void {
  mkdirSync(repo, { recursive: true });
  const stanzas = [
    makeDeb("libgreet", "", { "usr/lib/greet/words": "good day\n" }),
    makeDeb("greet", "Depends: libgreet (>= 1.0)\n", {
      "usr/bin/greet": "#!/bin/sh\ncat /usr/lib/greet/words\n",
    }),
  ];
  writeFileSync(join(repo, "Packages"), `${stanzas.join("\n")}`);

  function makeDeb(name: string, more: string, files: Record<string, string>): string {
    const root = join(work, name);
    layOut(root, files, 0o755);
    const control = `Package: ${name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: Test <test@example.org>\n${more}Description: a test\n`;
    layOut(root, { "DEBIAN/control": control });
    const script = `#!/bin/sh\nset -e\nmkdir -p /var/lib/greet\necho "configured ${name}: $1" > /var/lib/greet/${name}\n`;
    layOut(root, { "DEBIAN/postinst": script }, 0o755);
    const deb = join(repo, `${name}_1.0-1_all.deb`);
    run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, deb]);
    const bytes = readFileSync(deb);
    const sum = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    return `${control}Filename: ./${name}_1.0-1_all.deb\nSize: ${bytes.length}\nSHA256: ${sum}\n`;
  }
}

function writeNpmPackage(path: string, work: string): void {
  const manifest = { name: "greet", version: "1.0.0", main: "index.js", bin: { greet: "cli.js" } };
  layOut(join(work, "npm"), {
    "package/package.json": `${JSON.stringify(manifest)}\n`,
    "package/index.js": 'module.exports = (name) => "good day, " + name;\n',
    "package/cli.js": '#!/usr/bin/env node\nconsole.log(require("./index.js")(process.argv[2]));\n',
  });
  run(["tar", ...FIXED, "-czf", path, "package"], join(work, "npm"));
}

function writeWheel(folder: string, work: string): void {
  const name = "greeting-1.0-py3-none-any";
  const info = "greeting-1.0.dist-info";
  layOut(join(work, "wheel"), {
    "greeting/__init__.py": 'def main():\n    print("good day from python")\n',
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/entry_points.txt`]: "[console_scripts]\ngreeting = greeting:main\n",
    [`${info}/RECORD`]: `greeting/__init__.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/entry_points.txt,,\n${info}/RECORD,,\n`,
  });
  run(
    ["/usr/bin/python3", "-m", "zipfile", "-c", join(work, `${name}.whl`), "greeting", info],
    join(work, "wheel"),
  );
  cpSync(join(work, `${name}.whl`), join(folder, `${name}.whl`));
}
