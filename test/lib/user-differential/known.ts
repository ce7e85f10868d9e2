/**
 * Where the lanes are meant to differ, each with its reason. The lists may shrink; a new entry needs a reason why users
 * do not mind. An entry that is no difference any more fails the test.
 */
import type { Result } from "../engine.ts";

/** Texts of which one form is stock 20.10's and another later versions', or ours. */
interface Rewording {
  /** Of the text in small letters. */
  pattern: RegExp;
  word: string;
  reason: string;
}

const REWORDINGS: readonly Rewording[] = [
  {
    pattern: /failed to create task for container: (?=failed to create shim task)/g,
    word: "",
    reason: "says the step, since 23.0",
  },
  {
    pattern: /(oci runtime .*?)(: unknown)(?=$|:)/gm,
    word: "$1",
    reason: "the kind of error in gRPC's words is not told",
  },
  {
    pattern: /(oci runtime create failed: )(?!.*exec: ").*/g,
    word: "$1WHY",
    reason: "our runtime names the place in config.json that failed",
  },
  {
    pattern: /is a directory: permission denied/g,
    word: "permission denied",
    reason: "runc 1.2 says why",
  },
  { pattern: /\[fatal tini \(\d+\)\]|\[docker-init\]/g, word: "[INIT]", reason: "our init is not tini" },
  {
    pattern: /lookup registry-1\.docker\.io.*/g,
    word: "LOOKUP FAILED",
    reason: "another resolver's words",
  },
  {
    pattern: /you cannot remove a \w+ container.*|cannot remove container ".*/g,
    word: "CANNOT REMOVE",
    reason: "wording of 25.0",
  },
  {
    pattern: /no such image: \S+: (?=no such image)/g,
    word: "",
    reason: "23.0 no longer says it twice",
  },
  {
    pattern: /joining \w+ namespace of container \S+: (?=no such container)/g,
    word: "",
    reason: "says what for, since 23.0",
  },
  {
    pattern: /(cannot join) (?:network of|\w+ namespace of) (a non running container).*/g,
    word: "$1 $2",
    reason: "wording of 23.0",
  },
  {
    pattern: /^time="time" level=error .*\n/gm,
    word: "",
    reason: "stock's client logs what its pipes think",
  },
  {
    pattern: /^deprecated: the legacy builder .*\n.*\n +environment-variable\.\n\n?/gm,
    word: "",
    reason: "our builder is not going to be removed",
  },
  { pattern: /^srun '/gm, word: "run '", reason: "a misspelling in stock 28.2" },
  { pattern: /endpoint [a-z]+_[a-z]+\d? \(/g, word: "endpoint NAME (", reason: "names by chance" },
];

/** A line of which two lanes make something else. */
interface Difference {
  /** What the line contains, and no other. */
  part: string;
  reason: string;
}

/** Stock dockerd 20.10 and ours, under stock's client. */
const ENGINES: readonly Difference[] = [
  { part: "--annotation", reason: "options of API 1.43 and 1.44, which 20.10 does not know" },
  { part: "docker rm -f env1 env2 env4", reason: "options of API 1.43 and 1.44, which 20.10 does not know" },
  { part: "--mac-address 02:", reason: "options of API 1.43 and 1.44, which 20.10 does not know" },
  { part: "volume-subpath=x", reason: "subpaths of volumes, since 26.0" },
  { part: "docker stop -s INT", reason: "the signal of docker stop, since 23.0" },
  { part: "docker volume prune -f |", reason: "named volumes are spared, since 23.0" },
  { part: "--kernel-memory 1m", reason: "the kernel has no such limit any more; gone since 23.0" },
  { part: '\'mount | grep "on /proc/" | cut', reason: "one path more is masked, as stock does since 27.1" },
  { part: "-c 'STOPSIGNAL 9'", reason: "stop signals and health checks by commit, since 23.0" },
  { part: "docker rmi com:1 com:2", reason: "stop signals and health checks by commit, since 23.0" },
  { part: "docker save busybox |", reason: "archives are of the OCI layout too, since 25.0" },
  { part: "LastTagTime", reason: "loading tags an image, as in later versions" },
  { part: "{{.Container}}", reason: "gone since 25.0" },
  { part: "docker cp c1:/src - |", reason: "names of owners are not looked up, since 23.0" },
  {
    part: "docker cp src/file c1:/vol/; docker exec",
    reason: "what is put into a tmpfs is there, since 23.0",
  },
  {
    part: "docker cp src/file c1:/proc/x",
    reason: "the files of a running container are those that it sees, since 23.0",
  },
  {
    part: "docker cp c1:/dev/null",
    reason: "the files of a running container are those that it sees, since 23.0",
  },
  {
    part: "docker diff c1 | grep -v",
    reason: "the files of a running container are those that it sees, since 23.0",
  },
  {
    part: "docker commit c1 com:4",
    reason: "the files of a running container are those that it sees, since 23.0",
  },
  { part: "--internal int", reason: "internal networks have no route to elsewhere, since 27.0" },
  {
    part: "docker network inspect bridge -f '{{json .IPAM}}",
    reason: "the bridge has a gateway from the first start on",
  },
  { part: "--detach-keys nonsense e1", reason: "wording of 25.0" },
  { part: "docker run --restart sometimes", reason: "wording of 25.0" },
  { part: "docker run --restart always:3", reason: "wording of 25.0" },
  { part: "docker run --restart on-failure:-1", reason: "wording of 25.0" },
  { part: "docker update --restart sometimes", reason: "wording of 25.0" },
  { part: "--platform linux/arm64", reason: "wording of 27.0" },
  { part: "--runtime nosuch", reason: "wording of 23.0" },
  { part: "--filter before=nosuch; docker ps", reason: "wording of 25.0" },
  { part: "docker run --rm --pid container:pid1 busybox true; docker rm", reason: "wording of 25.0" },
  { part: "--storage-opt size=1g", reason: "ext4 has quotas of projects as well" },
  { part: "docker rmi img:1; docker rmi img:1", reason: "says which name" },
  { part: "docker exec e1 nosuch", reason: "127, as a shell ends: 25.0" },
  { part: "docker exec e1 /nosuch", reason: "127, as a shell ends: 25.0" },
  { part: "docker exec e1 ''", reason: "127, as a shell ends: 25.0" },
  { part: "docker exec e1 -- echo", reason: "127, as a shell ends: 25.0" },
  { part: "docker exec -w /etc e1", reason: "our runtime's words, and 127 for what is not there" },
  { part: "docker exec e1 /tmp", reason: "says that it is a directory" },
  {
    part: "docker exec --privileged",
    reason: "stock asks for more than the host has; here it is all that the host has",
  },
  {
    part: "docker run --rm -v / busybox",
    reason: "stock's runtime sets a sysctl through the container's own /proc",
  },
  { part: "-v /proc:/proc:ro", reason: "stock's runtime sets a sysctl through the container's own /proc" },
  {
    part: "docker tag built built:2",
    reason: "stock cannot commit a container whose image was removed by force",
  },
  { part: "docker attach l14", reason: "20.10 shows nothing more once its input has ended" },
  { part: "docker cp a b; docker cp c1:/a", reason: "a space is missing in stock's text" },
  { part: "c1:/etc/passwd/ .", reason: "a path of the host is not told" },
  { part: "docker cp src/dir c1:/file;", reason: "the program that unpacks is not told of" },
  { part: "tar cz -C src dir", reason: "says how the archive ends" },
  { part: "docker import nosuch.tar", reason: "our words, and an empty change is none" },
  { part: "--cpu-shares -1", reason: "refused by the kernel, not by the engine" },
  { part: "--log-opt max-size=x", reason: "checked before the container is made" },
  { part: "--log-opt max-size=-1", reason: "-1 is no limit, as documented" },
  { part: "--log-opt max-file=0", reason: "checked before the container is made" },
  { part: "--log-opt max-file=x", reason: "checked before the container is made" },
  { part: "--log-opt max-size busybox", reason: "checked before the container is made" },
  { part: "--log-opt syslog-address=nonsense", reason: "quoted" },
  { part: "gelf-address=http", reason: "says what is wrong with it" },
  { part: "fluentd-address=nonsense", reason: "says what is wrong with it" },
  { part: "--log-opt tag='{{.Nonsense}}'", reason: "a field that is none stays as it is" },
  { part: "docker load -i byid.tar", reason: "paths of the host are not told; says what it looked for" },
  { part: "docker load; chmod -R", reason: "paths of the host are not told; says what it looked for" },
  { part: "docker network create n1 | wc", reason: "an empty name is none" },
  {
    part: "--scope swarm n3",
    reason: "one text for all that a swarm is needed for; that --ingress is taken is a gap",
  },
  { part: "docker network ls --filter name=n", reason: "one text for all filters" },
  { part: "--ip 10.99.0.1 n1 nc2", reason: "which of two mistakes is told first" },
  { part: "docker network rm bridge host none", reason: "what the line about scopes made is there" },
  { part: "exited=x", reason: "one text for all filters" },
  { part: "'name=['", reason: "one text for all filters" },
  { part: "publish=x", reason: "without Go's words" },
  { part: "health=nonsense", reason: "one text for all filters" },
  {
    part: "--stop-signal 99",
    reason: "refused at once; stock takes it, and cannot stop the container by it",
  },
  { part: "kill -s 65", reason: "one text for all signals that are none" },
  { part: "docker start s10", reason: "that it failed is kept as exit code 128" },
  { part: "'o pid=x'", reason: "says why it cannot be" },
  { part: "--isolation hyperv", reason: "wording of 28.0" },
  { part: "docker run --rm --ip ", reason: "all that is wrong is told, since 28.0" },
  { part: "--link : busybox", reason: "without a half sentence" },
];

/** Stock's client and ours, on our engine. */
const CLIENTS: readonly Difference[] = [
  { part: "docker load -i byid.tar", reason: "the API's address is not told" },
  { part: "{{index .Config.Labels 0}}", reason: "a map is asked for a number as for a name" },
  { part: '{{define "T"}}', reason: "nested templates are not there, which is said" },
  { part: "{{ nil }}", reason: "nil alone is shown as no value" },
  { part: '\\"%s\\" nil', reason: "nil alone is shown as no value" },
  { part: "docker inspect -f '{{template \"x\"}}'", reason: "nested templates are not there, which is said" },
  { part: "gt .SizeRootFs", reason: "a number is compared also where Go has a pointer to it" },
  { part: "seccomp=broken.json", reason: "another JSON parser's words" },
  {
    part: ".CpuShares}} {{.PidsLimit}}",
    reason: "fields are in the engine's order, where stock falls back to that of the alphabet",
  },
  { part: "docker attach --detach-keys nonsense", reason: "says what the engine answered" },
  { part: "yes | head -2", reason: "a reader that went away is no mistake" },
];

export type Pair = "engines" | "clients";

const KNOWN: Record<Pair, readonly Difference[]> = { engines: ENGINES, clients: CLIENTS };

/** The reason why a line is known to differ; undefined if it is not. */
export const reasonFor = (pair: Pair, line: string): string | undefined =>
  KNOWN[pair].find((known) => line.includes(known.part))?.reason;

function reworded(text: string): string {
  let plain = text.toLowerCase();
  for (const { pattern, word } of REWORDINGS) plain = plain.replace(pattern, word);
  return plain;
}

/** A result in which all forms of one text are the same. Capitals are of no account: 20.10 begins messages with them. */
export const settled = ({ code, stdout, stderr }: Result): Result => ({
  code,
  stdout: reworded(stdout),
  stderr: reworded(stderr),
});
