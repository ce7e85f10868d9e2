/**
 * Where our answers are meant to differ from those of stock dockerd 20.10, each with its reason. The list may shrink;
 * a new entry needs a reason why a client of 20.10 does not mind.
 */
export interface KnownDifference {
  /** The request, as "GET /info"; any if absent. */
  request?: RegExp;
  path: RegExp;
  reason: string;
}

export const KNOWN: readonly KnownDifference[] = [
  {
    path: /HostConfig\.KernelMemory(TCP)?$/,
    reason: "the kernel has no such limit any more; gone since 23.0",
  },
  { path: /HostConfig\.MaskedPaths\[/, reason: "two paths more are masked, as stock does since 27.1" },
  { path: /HostConfig\.RestartPolicy\.Name$/, reason: '"no" is spelt out, as stock does since 25.0' },
  { path: /HostConfig\.NetworkMode$/, reason: '"default" is stored as the bridge that it means, since 26.0' },
  { path: /\.GwPriority$/, reason: "field of 28.0, which older clients pass over" },
  {
    request: /^GET \/(info|version)/,
    path: /Version|Commit|ApiVersion|Platform|SecurityOptions|^body\.ID$/,
    reason: "who we are",
  },
  { request: /^GET \/info/, path: /\.(NFd|NGoroutines|Debug)$/, reason: "facts of one process" },
  { request: /^GET \/info/, path: /IPv4Forwarding|Warnings/, reason: "the two run in different namespaces" },
  { request: /^GET \/info/, path: /Runtimes/, reason: "our runtime has another name; v1 shims are gone" },
  {
    request: /^GET \/info/,
    path: /Plugins/,
    reason: "drivers for hosted log services, and overlay, are not here",
  },
  {
    request: /"RestartPolicy":\{"Name":"(sometimes|always","MaximumRetryCount)/,
    path: /message/,
    reason: "wording of 25.0",
  },
  {
    request: /"Binds":\["\/tmp:relative"\]/,
    path: /status/,
    reason: "the client's fault is 400, since 23.0",
  },
  { request: /"Runtime":"none"/, path: /message/, reason: "wording of 23.0" },
  {
    request: /"IpcMode":"nonsense"/,
    path: /^(status|body)/,
    reason: "20.10 takes it and fails at start; refused at create since 23.0",
  },
  {
    request: /"(PidMode|UTSMode)":"nonsense"|"ExposedPorts":\{"nonsense/,
    path: /^(status|body)/,
    reason: "20.10 takes it and fails at start; here it is refused at once, as later versions do",
  },
  { request: /"SecurityOpt":\["nonsense"\]/, path: /status/, reason: "the client's fault is 400" },
  {
    request: /\/unpause|\?filters=nonsense|repo=UPPER|until=now/,
    path: /^(status|body\.message)$/,
    reason: "the client's fault is no 500",
  },
  {
    request: /ps_args=o/,
    path: /^(status|body\.message)$/,
    reason: "says what is wrong, and that it is the client's",
  },
  { request: /logs\?stdout/, path: /^type$/, reason: "20.10 names no type; later versions name this one" },
  { request: /archive *$/, path: /message/, reason: "a space is missing in stock's text" },
  { request: /resize\?h=x/, path: /message/, reason: "says which parameter is wrong, in words" },
  {
    request: /wait\?condition=nonsense/,
    path: /^(status|body)/,
    reason: "refused since 23.0 instead of passed over",
  },
  {
    request: /detachKeys=nonsense/,
    path: /^(type|body)/,
    reason: "told before the connection is taken over",
  },
  { request: /^DELETE \/containers\/runs/, path: /message/, reason: "wording of 25.0" },
  {
    request: /\/broken\//,
    path: /(message|State\.Error)$/,
    reason: "23.0 puts the failing step before the text",
  },
  {
    request: /\/broken\/json/,
    path: /(ResolvConf|Hostname|Hosts)Path$/,
    reason: "shown once a container has run",
  },
  { request: /images\/none/, path: /message/, reason: "23.0 no longer says it twice" },
  {
    request: /images\/busybox\/json/,
    path: /LastTagTime$/,
    reason: "loading tags an image, as in later versions",
  },
  {
    request: /containers\/json|system\/df/,
    path: /Mounts\[0\]\.Source$/,
    reason: "stock's list leaves it out for anonymous volumes",
  },
  {
    request: /system\/df/,
    path: /VirtualSize|SizeRw$/,
    reason: "sizes of zero are there; VirtualSize is gone since 1.44",
  },
  {
    request: /\/(first|broken)\/json/,
    path: /NetworkSettings\.Sandbox(ID|Key)$/,
    reason: "a sandbox that is gone is not shown",
  },
  {
    request: /system\/df/,
    path: /Networks\.bridge\./,
    reason: "stock shows the former address of a container that could not start",
  },
  { request: /events/, path: /^body\.container die /, reason: "execDuration is told since 24.0" },
  {
    request: /events/,
    path: /name=refused/,
    reason: "a create that fails is not told of as made and destroyed",
  },
  {
    request: /verbose=x|"Name":"(bridge|host)"/,
    path: /message/,
    reason: "the same without words of Go, and without a space too many",
  },
  {
    request: /networks\/host\/disconnect/,
    path: /^(status|body\.message)$/,
    reason: "wording of 25.0, and the client's fault",
  },
  {
    request: /since%22%3A%5B%22none/,
    path: /^(status|body\.message)$/,
    reason: "what is not there is 404, as everywhere",
  },
  {
    request: /networks\?filters=%7B%22dangling%22%3A%5B%22false/,
    path: /^body\[/,
    reason: "20.10 does not look who is on a network, and takes all of one's own for dangling",
  },
  {
    request: /\["list"\]|"text"$|"Name":"x","Image"/,
    path: /^(status|body\.message)$/,
    reason: "400 with words of ours, and of 25.0, instead of the name of a type in Go",
  },
  { request: /UPPER/, path: /message/, reason: "one text for every malformed reference" },
];
