package annalscdk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func TestMain(m *testing.M) {
	// jsii warns where Node.js is old.
	if err := os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20"); err != nil {
		panic(err)
	}
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// object and list are JSON as encoding/json reads it.
type (
	object = map[string]any
	list   = []any
)

// template is what synthesis wrote, as plain data.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	Metadata  object
}

// resource is one resource of the template, under its logical id.
type resource struct {
	Type       string
	Properties object
	DependsOn  []string

	DeletionPolicy string
}

// resource returns the resource under a logical id, which must be of that type.
func (a template) resource(t *testing.T, id, typ string) resource {
	t.Helper()
	r, ok := a.Resources[id]
	if !ok || r.Type != typ {
		t.Fatalf("%s is %q, want a %s", id, r.Type, typ)
	}
	return r
}

// ids returns the logical ids of all resources of a type, sorted.
func (a template) ids(typ string) []string {
	var ids []string
	for id, r := range a.Resources {
		if r.Type == typ {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func ref(id string) object { return object{"Ref": id} }

// same fails the test where the template differs from what is wanted.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// built returns a folder that has a file in place of each built function.
func built(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range annalsaws.Functions {
		folder := filepath.Join(dir, "arm64", string(f))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "bootstrap"), []byte(f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// stackOf makes the stack of a service, in an app of its own, and returns what synthesizes it.
func stackOf(t *testing.T, service *annals.Service, settings Settings) (*Service, func() template) {
	t.Helper()
	settings.BuildDir = built(t)
	props, _, err := Configure("../../../cdk.json", "", []byte(`{"default": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	props.Outdir = jsii.String(out)
	app := awscdk.NewApp(props)
	made, err := New(app, "Stack", service, settings)
	if err != nil {
		t.Fatal(err)
	}
	return made, func() template {
		app.Synth(nil)
		text, err := os.ReadFile(filepath.Join(out, "Stack.template.json"))
		if err != nil {
			t.Fatal(err)
		}
		var read template
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		return read
	}
}

// synthesize is the template of a service without additions.
func synthesize(t *testing.T, service *annals.Service) template {
	t.Helper()
	_, synth := stackOf(t, service, Settings{})
	return synth()
}
