import { invalidArgument } from "../../../errors/errors.ts";

const LEFT =
  `amber ample apt arid azure bold brave breezy bright brisk calm candid clever coral cosmic crisp curious
dapper daring deft eager early easy ebon elfin even fair famous fancy fleet fluent fond frank free fresh gentle giddy
glad golden grand handy happy hardy hazel honest humble ivory jade jaunty jolly keen kind lively loyal lucid lucky
lunar mellow merry mighty modest neat nimble noble patient placid plucky polite proud quick quiet rapid ready regal
ripe robust rosy rustic sage serene sharp shiny silent silver sleek smooth snowy solar solid spry steady stoic sturdy
sunny swift tall tender tidy tranquil trim true upbeat valiant vivid warm wise witty young zesty`.split(
    /\s+/,
  );

/** People of the sea, the sky and the sciences. */
const RIGHT =
  `abel ahab amundsen anning archimedes babbage banks barents bell bering bernoulli bohr bose boyle brahe
bromhead cabot caroline carson cassini cavendish celsius champollion cook cori coriolis coulomb curie dalton darwin
davy dias dirac drake earhart eddington elcano euclid euler faraday fermat fermi fitzroy fourier franklin galilei
gauss germain goodall hadley halley henson herschel hipparchus hooke hopper hubble humboldt hypatia ishmael joule
kepler kowalevski lagrange laplace leavitt lovelace magellan maury maxwell mendel mercator mirzakhani nansen neper
newton noether ohm pasteur pascal payne perry planck poincare ptolemy queequeg ramanujan ross rubin scoresby
shackleton sikorsky somerville starbuck stubb tasman tesla thales turing vespucci volta wallis watt weddell wegener
wu yalow zheng`.split(/\s+/);

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

const pick = (words: string[]) => words[Math.floor(Math.random() * words.length)]!;

/** A name that nobody has yet, such as "merry_halley". */
export function randomName(taken: (name: string) => boolean): string {
  for (let attempt = 0; attempt < 6; attempt++) {
    const name = `${pick(LEFT)}_${pick(RIGHT)}${attempt === 0 ? "" : Math.floor(Math.random() * 10)}`;
    if (!taken(name)) return name;
  }
  for (;;) {
    const name = `${pick(LEFT)}_${pick(RIGHT)}_${Math.random().toString(36).slice(2, 8)}`;
    if (!taken(name)) return name;
  }
}

/** The name without its slash. Errors: invalidArgument. */
export function checkName(name: string): string {
  if (!NAME.test(name)) {
    throw invalidArgument(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return name.replace(/^\//, "");
}
