import { describe, expect, test } from "bun:test";
import { compileTemplate } from "./execute.ts";
import { escapedJsonOf, jsonOf } from "./print.ts";

const DATA = {
  Name: "web",
  Count: 3,
  On: true,
  Labels: { a: "1", b: "2" },
  List: ["x", "y"],
  Nested: { Deep: { Value: 1.5 } },
  Nothing: null,
};
const fill = (template: string) => compileTemplate(template).execute(DATA);
const failure = (template: string) => {
  try {
    return fill(template);
  } catch (error) {
    return (error as Error).message;
  }
};

describe("templates", () => {
  test("print fields, maps and lists", () => {
    expect(fill("{{.Name}} {{.Count}} {{.On}} {{.Nested.Deep.Value}}")).toBe("web 3 true 1.5");
    expect(fill("{{.Labels}} {{.List}} {{.Nothing}}")).toBe("map[a:1 b:2] [x y] <no value>");
  });
  test("branch and repeat", () => {
    expect(fill("{{if .On}}yes{{else}}no{{end}} {{if not .On}}yes{{else if .Count}}3{{end}}")).toBe("yes 3");
    expect(fill("{{range .List}}[{{.}}]{{end}} {{range $i, $x := .List}}{{$i}}={{$x}};{{end}}")).toBe(
      "[x][y] 0=x;1=y;",
    );
    expect(fill("{{range $k, $v := .Labels}}{{$k}}{{$v}}{{end}}{{range .Nothing}}{{else}}none{{end}}")).toBe(
      "a1b2none",
    );
    expect(fill("{{with .Nested}}{{.Deep.Value}}{{end}}{{with .Nothing}}x{{else}}-{{end}}")).toBe("1.5-");
    expect(fill('{{range .List}}{{if eq . "y"}}{{break}}{{end}}{{.}}{{end}}')).toBe("x");
  });
  test("call functions, piped and nested", () => {
    expect(fill('{{json .Labels}} {{.Name | upper | printf "%5s|"}} {{join .List ","}}')).toBe(
      '{"a":"1","b":"2"}   WEB| x,y',
    );
    expect(fill('{{index .Labels "b"}} {{index .List 1}} {{len .Labels}} {{(index .List 0) | title}}')).toBe(
      "2 y 2 X",
    );
    expect(fill('{{if and (eq .Count 3) (gt .Count 2) (ne .Name "x")}}all{{end}}')).toBe("all");
    expect(fill('{{split "a.b" "."}} {{lower "AB"}} {{pad "x" 1 2}}| {{truncate "abcdef" 3}}')).toBe(
      "[a b] ab  x  | abc",
    );
  });
  test("keep variables, trim space, and leave comments out", () => {
    expect(fill("{{$x := .Name}}{{$x}} {{- /* gone */ -}} !")).toBe("web!");
    expect(fill("a {{- .Name -}} b")).toBe("awebb");
  });
  test("define others, and are made of them", () => {
    expect(fill('{{define "a"}}<{{.}}>{{end}}{{template "a" .Name}}{{template "a"}}')).toBe(
      "<web><<no value>>",
    );
    expect(fill('{{template "later" .}}{{define "later"}}{{.Name}}{{$x := 1}}{{$.Count}}{{end}}')).toBe(
      "web3",
    );
    expect(fill('{{range .List}}{{block "b" .}}[{{.}}]{{end}}{{end}}')).toBe("[x][y]");
    expect(fill('{{block "b" .}}first{{end}}{{define "b"}} {{end}}')).toBe("first");
    expect(fill('{{define "n"}}{{if .}}{{len .}}{{template "n"}}{{end}}{{end}}{{template "n" .List}}')).toBe(
      "2",
    );
  });
  test("say what is wrong with those as Go does", () => {
    expect(failure('{{template "x" .Name}}')).toBe(
      'template: :1:11: executing "" at <{{template "x" .Name}}>: template "x" not defined',
    );
    expect(failure('{{define "x"}}{{.Nope}}{{end}}{{template "x" .}}')).toBe(
      'template: :1:16: executing "x" at <.Nope>: map has no entry for key "Nope"',
    );
    expect(failure('{{define "x"}}a{{end}}{{define "x"}}b{{end}}')).toBe(
      'template: :1: template: multiple definition of template "x"',
    );
    expect(failure('{{define "x"}}a')).toBe("template: :1: unexpected EOF");
    expect(failure("{{define x}}a{{end}}")).toContain('unexpected "x" in define clause');
    expect(failure('{{if .On}}{{define "x"}}{{end}}{{end}}')).toContain("unexpected <define> in command");
    expect(failure('{{block "x"}}{{end}}')).toContain("missing value for block clause");
    expect(failure("{{break}}")).toBe("template: :1: {{break}} outside {{range}}");
    expect(failure('{{define "x"}}{{template "x"}}{{end}}{{template "x"}}')).toContain(
      "maximum template depth",
    );
  });
  test("say what is wrong as Go does", () => {
    expect(failure("{{.Nope}}")).toBe(
      'template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"',
    );
    expect(failure("{{.Nested.Nope.X}}")).toBe(
      'template: :1:9: executing "" at <.Nested.Nope.X>: map has no entry for key "Nope"',
    );
    expect(failure("{{index .List 9}}")).toBe(
      'template: :1:2: executing "" at <index .List 9>: error calling index: index out of range: 9',
    );
    expect(failure("\n{{.Name")).toBe("template: :2: unclosed action");
    expect(failure("{{nope}}")).toBe('template: :1: function "nope" not defined');
  });
});

test("jsonOf() leaves HTML alone, escapedJsonOf() does not", () => {
  expect(jsonOf({ a: "<&>" })).toBe('{"a":"<&>"}');
  expect(escapedJsonOf({ a: "<&>" })).toBe('{"a":"\\u003c\\u0026\\u003e"}');
});
