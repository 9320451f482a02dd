package estest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	const openedFile, passedFile, oldFile = "DoorOpened.v1.json", "DoorPassed.v2.json", "DoorPassed.v1.json"
	good := map[string]string{
		openedFile: `{"by":"Ada"}` + "\n", passedFile: `{"who":"Ada"}` + "\n", oldFile: `{"name":"Bob"}` + "\n",
	}
	with := func(name, content string) map[string]string {
		files := map[string]string{name: content}
		for n, c := range good {
			if n != name {
				files[n] = c
			}
		}
		if content == "" {
			delete(files, name)
		}
		return files
	}
	both := []doorEvent{opened{By: "Ada"}, passed{Who: "Ada"}}
	tests := []struct {
		name    string
		files   map[string]string
		samples []doorEvent
		says    []string // none = passes
	}{
		{"all is well", good, both, nil},
		{"a missing file", with(passedFile, ""), both, []string{"DoorPassed schema 2 has no file", "-update"}},
		{
			"a missing file of an older schema", with(oldFile, ""), both,
			[]string{"DoorPassed schema 1 has an upcaster but no file"},
		},
		{"a missing sample", good, both[:1], []string{"no sample of DoorPassed"}},
		{"two samples of a type", good, append(both[:2:2], opened{By: "Bob"}), []string{"two samples of DoorOpened"}},
		{"a sample that is not registered", good, append(both[:2:2], painted{}), []string{"painted", "not registered"}},
		{
			"a renamed field", with(openedFile, `{"openedBy":"Ada"}`+"\n"), both,
			[]string{"DoorOpened schema 1: the stored form differs from", "raise the schema"},
		},
		{
			"a sample that loses a field", good, []doorEvent{opened{By: "Ada"}, passed{Who: "Ada", Lost: 1}},
			[]string{"is not read back unchanged"},
		},
		{
			"a type that is no longer registered", with("DoorPainted.v1.json", `{}`),
			both, []string{"DoorPainted.v1.json", "does not know the type"},
		},
		{
			"a schema from the future", with("DoorOpened.v2.json", `{}`),
			both, []string{"DoorOpened.v2.json", "knows schemas up to 1"},
		},
		{
			"an older schema that does not decode", with(oldFile, `{"name":7}`),
			both, []string{oldFile, "upcast of DoorPassed schema 1"},
		},
		{"one more file of a schema", with("DoorOpened.v1.no-name.json", `{"by":""}`), both, nil},
		{
			"one more file that does not decode", with("DoorOpened.v1.no-name.json", `{"by":7}`),
			both, []string{"DoorOpened.v1.no-name.json", "payload of DoorOpened"},
		},
		{"a stray file", with("README.md", "x"), both, []string{"README.md: want <Type>.v<schema>.json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var r recorder
			doors.Golden(&r, estest.GoldenConfig{Dir: dir}, tt.samples...)
			r.wants(t, tt.says...)
		})
	}
}

func TestGoldenWithoutFolder(t *testing.T) {
	t.Parallel()
	none := estest.For(es.Aggregate[door, doorEvent]{StreamType: "Door", Events: es.NewRegistry[doorEvent]()})
	var r recorder
	none.Golden(&r, estest.GoldenConfig{Dir: filepath.Join(t.TempDir(), "none")})
	r.wants(t, "no such file")
}

func TestGoldenUpdateWritesWhatItThenFinds(t *testing.T) {
	t.Parallel()
	cfg := estest.GoldenConfig{Dir: filepath.Join(t.TempDir(), "testdata", "golden"), Update: true}
	plain := estest.For(es.Aggregate[door, doorEvent]{StreamType: "Door", Events: es.NewRegistry(
		es.Type[doorEvent]("DoorOpened", 1, opened{}),
		es.Type[doorEvent]("DoorPassed", 1, passed{}),
	)})
	for range 2 {
		plain.Golden(t, cfg, opened{By: "Ada"}, passed{Who: "Ada"})
		cfg.Update = false
	}
}
