package estest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
)

// hall is the door aggregate with another fold or other events.
func hall(evolve func(*door, doorEvent)) estest.Kit[door, doorEvent] {
	return estest.For(es.Aggregate[door, doorEvent]{StreamType: "Door", Events: doorEvents, Evolve: evolve})
}

func asBefore(d *door, event doorEvent) {
	if e, ok := event.(passed); ok {
		d.Who = append(d.Who, e.Who)
	}
}

func backwards(d *door, event doorEvent) {
	if e, ok := event.(passed); ok {
		d.Who = append([]string{e.Who}, d.Who...)
	}
}

var doorLives = map[string][]doorEvent{"two pass": {opened{By: "Ada"}, passed{Who: "Ada"}, passed{Who: "Bob"}}}

func TestStates(t *testing.T) {
	t.Parallel()
	const v1 = `{"two pass": [
		{"type": "DoorOpened", "schema": 1, "data": {"by": "Ada"}, "state": {"Who": null}},
		{"type": "DoorPassed", "schema": 1, "data": {"name": "Ada"}, "state": {"Who": ["Ada"]}},
		{"type": "DoorPassed", "schema": 2, "data": {"who": "Bob"}, "state": {"Who": ["Ada", "Bob"]}}
	]}`
	type files = map[string]string
	more := map[string][]doorEvent{"two pass": doorLives["two pass"], "nobody": {opened{}}}
	for name, tt := range map[string]struct {
		files  files
		schema int
		evolve func(*door, doorEvent)
		lives  map[string][]doorEvent
		update bool
		says   []string // none = passes
	}{
		"all is well": {files{"v1.json": v1}, 1, asBefore, doorLives, false, nil},
		"another fold": {
			files{"v1.json": v1}, 1, backwards, doorLives, false,
			[]string{"after event 3 (DoorPassed)", "differs from the file of schema 1", "raise Schema to 2"},
		},
		"another fold is not written over": {files{"v1.json": v1}, 1, backwards, more, true, []string{"raise Schema to 2"}},
		"the schema is raised": {
			files{"v1.json": v1}, 2, backwards, doorLives, false, []string{"schema 2 has no file", "v2.json", "-update"},
		},
		"the schema is raised, update": {files{"v1.json": v1}, 2, backwards, doorLives, true, nil},
		"the schema is lowered": {
			files{"v1.json": v1, "v3.json": v1}, 1, asBefore, doorLives, false,
			[]string{"v3.json is of a newer schema than 1", "raise Schema to 4"},
		},
		"a life more":         {files{"v1.json": v1}, 1, asBefore, more, false, []string{`"nobody" is not in`, "-update"}},
		"a life more, update": {files{"v1.json": v1}, 1, asBefore, more, true, nil},
		"a life changed": {
			files{"v1.json": v1}, 1, asBefore, map[string][]doorEvent{"two pass": {opened{}, passed{}}},
			true, []string{`"two pass" has different events`},
		},
		"a type without a life": {
			files{"v1.json": v1}, 1, asBefore, map[string][]doorEvent{"nobody": {opened{}}},
			true, []string{"no life contains DoorPassed"},
		},
		"an event that is not registered": {
			nil, 1, asBefore, map[string][]doorEvent{"paint": {painted{}}, "two pass": doorLives["two pass"]},
			true, []string{"painted", "not registered"},
		},
		"an event that can no longer be read": {
			files{"v1.json": `{"two pass": [{"type": "DoorPainted", "schema": 1, "data": {}, "state": {}}]}`},
			1, asBefore, doorLives, false, []string{"DoorPainted"},
		},
		"a stray file": {
			files{"v1.json": v1, "README.md": ""}, 1, asBefore, doorLives, false, []string{"README.md: want v<schema>.json"},
		},
		"no JSON": {files{"v1.json": "{"}, 1, asBefore, doorLives, false, []string{"v1.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var r recorder
			hall(tt.evolve).States(&r, estest.StatesConfig{Dir: dir, Schema: tt.schema, Update: tt.update}, tt.lives)
			r.wants(t, tt.says...)
			for name, content := range tt.files {
				now, err := os.ReadFile(filepath.Join(dir, name))
				if tt.says == nil && tt.update && name == "v1.json" && tt.schema == 1 {
					continue // the file may have new lives
				}
				if err != nil || string(now) != content {
					t.Errorf("file %s was changed: %v", name, err)
				}
			}
			if tt.update && tt.says == nil {
				// the written file passes without Update
				hall(tt.evolve).States(t, estest.StatesConfig{Dir: dir, Schema: tt.schema}, tt.lives)
			}
		})
	}
}

func TestStatesWithoutFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "testdata", "states")
	var r recorder
	hall(asBefore).States(&r, estest.StatesConfig{Dir: dir, Schema: 1}, doorLives)
	r.wants(t, "schema 1 has no file", "-update")
	hall(asBefore).States(t, estest.StatesConfig{Dir: dir, Schema: 1, Update: true}, doorLives)
	hall(asBefore).States(t, estest.StatesConfig{Dir: dir, Schema: 1}, doorLives)
}
