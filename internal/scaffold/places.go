package scaffold

// place is where a file of the project is told of a new aggregate: above the comment "annals:new" with its name.
type place struct {
	file, name string
	// text is a template of [Names]. Go files are formatted afterwards.
	text string
}

// imported are the files that name the aggregate's package.
var imported = []string{
	"internal/app/inspect.go", "shop/aggregates/aggregates.go", "shop/api/query.go", "shop/api/service.go",
}

var places = []place{
	{".golangci.yml", "domain", `"**/shop/{{.Package}}/*.go",`},
	{"shop/aggregates/aggregates.go", "types", "// {{.Types}} loads and changes {{.Many}}.\n{{.Types}} = es.Repository[{{.Package}}.State, {{.Package}}.Event]"},
	{"shop/aggregates/aggregates.go", "fields", "{{.Types}} *{{.Types}}"},
	{"shop/aggregates/aggregates.go", "snapshots", "{{.Vars}}Every, {{.Vars}}Schema = 50, 1"},
	{
		"shop/aggregates/aggregates.go", "repositories",
		"all.{{.Types}} = es.NewRepository(x, {{.Package}}.Aggregate, cfg.repository({{.Vars}}Every, {{.Vars}}Schema))",
	},
	{"internal/app/inspect.go", "replays", "{{.Package}}.Aggregate.StreamType: inspect.Replays(all.{{.Types}}),"},
	{"internal/app/service.go", "snapshotters", "all.{{.Types}},"},
	{
		"shop/api/routes/routes.go", "command-routes", `Create{{.Type}} = declare("create-{{.Kebab}}", http.MethodPost, "/{{.Kebabs}}", Command, ToCommand, "Create {{.A}} {{.Words}}")
Rename{{.Type}} = declare("rename-{{.Kebab}}", http.MethodPost, "/{{.Kebabs}}/{id}/name", Command, ToCommand, "Give {{.A}} {{.Words}} another name")
Archive{{.Type}} = declare("archive-{{.Kebab}}", http.MethodPost, "/{{.Kebabs}}/{id}/archive", Command, ToCommand, "Archive {{.A}} {{.Words}}")`,
	},
	{"shop/api/routes/routes.go", "query-routes", `Get{{.Type}} = declare("get-{{.Kebab}}", http.MethodGet, "/{{.Kebabs}}/{id}", Query, ToQuery, "One {{.Words}} as it stands")`},
	{"shop/api/routes/routes.go", "routes", "Create{{.Type}}, Rename{{.Type}}, Archive{{.Type}}, Get{{.Type}},"},
	{"shop/api/api.go", "commands", "a.{{.Var}}Commands(all.{{.Types}})"},
	{
		"shop/api/query.go", "queries", `httpapi.GetPast(v, routes.Get{{.Type}}, httpapi.Source{Model: tables.{{.Type}}Summary, Stream: {{.Package}}.Aggregate.Stream}, ` +
			`(*readmodel.Session).{{.Type}}, readmodel.{{.Type}}At)`,
	},
	{"shop/api/service.go", "stream-types", "{{.Package}}.Aggregate.StreamType,"},
	{"shop/readmodel/models.go", "projections", "{Projection: {{.Var}}Summary},"},
	{"shop/readmodel/tables/tables.go", "read-models", `{{.Type}}Summary = "{{.Kebab}}-summary"`},
	{"shop/readmodel/tables/tables.go", "read-tables", "indexed({{.Type}}Summary),"},
}

// files are the new ones, each with the template that it is made of.
var files = map[string]string{
	"shop/{{.Package}}/event.go":                                  "event.go.tmpl",
	"shop/{{.Package}}/state.go":                                  "state.go.tmpl",
	"shop/{{.Package}}/decide.go":                                 "decide.go.tmpl",
	"shop/{{.Package}}/fixture_test.go":                           "fixture_test.go.tmpl",
	"shop/{{.Package}}/decide_test.go":                            "decide_test.go.tmpl",
	"shop/{{.Package}}/testdata/golden/{{.Type}}Created.v1.json":  "golden/Created.v1.json.tmpl",
	"shop/{{.Package}}/testdata/golden/{{.Type}}Renamed.v1.json":  "golden/Renamed.v1.json.tmpl",
	"shop/{{.Package}}/testdata/golden/{{.Type}}Archived.v1.json": "golden/Archived.v1.json.tmpl",
	"shop/aggregates/{{.Package}}_test.go":                        "states_test.go.tmpl",
	"shop/aggregates/testdata/states/{{.Package}}/v1.json":        "states/v1.json.tmpl",
	"shop/api/{{.Package}}.go":                                    "api.go.tmpl",
	"shop/readmodel/{{.Package}}.go":                              "readmodel.go.tmpl",
	"shop/readmodel/{{.Package}}_test.go":                         "readmodel_test.go.tmpl",
	"internal/app/{{.Package}}_test.go":                           "app_test.go.tmpl",
}
