package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden returns the reviewed template.
func golden(t *testing.T) object {
	t.Helper()
	var template object
	if err := readJSON("../../infra/testdata/Shop.template.json", &template); err != nil {
		t.Fatal(err)
	}
	return template
}

// TestGapsAreClosed: nothing that the emulator lacks stays in the template, and no resource depends on a removed one.
func TestGapsAreClosed(t *testing.T) {
	t.Parallel()
	template := golden(t)
	resources := template["Resources"].(object)
	before := len(resources)
	if err := closeGaps(template, false); err != nil {
		t.Fatal(err)
	}
	if gone := before - len(resources); gone != 9 {
		t.Errorf("%d resources are gone, want 3 route responses and 6 alarms", gone)
	}
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	for _, lacking := range []string{"RouteResponse\"", "ProviderURL", "SocketSubscribeAnswer"} {
		if strings.Contains(string(text), lacking) {
			t.Errorf("the template still has %s", lacking)
		}
	}
	if err := closeGaps(template, false); err == nil || !strings.Contains(err.Error(), "remove it from the list") {
		t.Errorf("close the gaps of a template without them: %v, want an error", err)
	}
}

// TestJudgeSchedules: the reactor may make schedules as the emulator sees them.
func TestJudgeSchedules(t *testing.T) {
	t.Parallel()
	template := golden(t)
	if err := judgeSchedules(template); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), `":schedule/*/*"`); n != 1 || strings.Contains(string(text), ":schedule/Shop") {
		t.Errorf("%d permissions on schedules, want 1 on those of all groups", n)
	}
	if err := judgeSchedules(template); err == nil {
		t.Error("no permission on schedules of a group: want an error")
	}
}

// TestFaultsArePlanted: each fault changes the template, and planting it twice is an error.
func TestFaultsArePlanted(t *testing.T) {
	t.Parallel()
	for name, plant := range faults {
		template := golden(t)
		before, _ := json.Marshal(template)
		if err := plant(template); err != nil {
			t.Fatalf("plant %s in the template: %v", name, err)
		}
		after, _ := json.Marshal(template)
		if string(before) == string(after) {
			t.Errorf("planting %s changes nothing", name)
		}
		if err := plant(template); err == nil && name != "missing-dependency" {
			t.Errorf("%s was planted twice", name)
		}
	}
	if err := faults["missing-dependency"](object{}); err == nil {
		t.Error("an unknown function: no error")
	}
}

// TestPage: commands are taken in order, with their placeholders filled in. Commands that no step takes are an error.
func TestPage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	text := "## Do\n\nFirst:\n\n    echo NAME NAMES\n    echo 2\n\nthen\n\n    echo 3\n\n| kept | how |\n" +
		"| --- | --- |\n| `UserPool`, protected | `aws delete --id ID`, `aws gone` |\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := readPage(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"echo ada NAMES\necho 2", "echo 3"} {
		if err := p.untaken(); err == nil || !strings.Contains(err.Error(), "echo") {
			t.Errorf("before the command for %q: %v, want an error about echo", want, err)
		}
		if got, err := p.take("Do", map[string]string{"NAME": "ada"}); err != nil || got != want {
			t.Errorf("take the command: %q, %v, want %q", got, err, want)
		}
	}
	if err := p.untaken(); err != nil {
		t.Error(err)
	}
	if _, err := p.take("Do", nil); err == nil {
		t.Error("take a third block: no error")
	}
	if got, err := p.deletion("user pool us-east-1_x"); err != nil || got != "aws delete --id us-east-1_x\naws gone" {
		t.Errorf("commands that delete the user pool: %q, %v", got, err)
	}
	if _, err := p.deletion("table T"); err == nil || !strings.Contains(err.Error(), "does not say how to delete it") {
		t.Errorf("delete a table: %v, want an error that no command is known", err)
	}
}

// TestKept: docs/deploy.md says how to delete every kind of resource that a stack leaves behind.
func TestKept(t *testing.T) {
	t.Parallel()
	p, err := readPage("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []string{
		"table Shop-EventsTable-1", "table Shop-KeysTable-1", "user pool u", "bucket shop-projectorfailures-1",
		"bucket shop-reactorfailures-1",
	} {
		commands, err := p.deletion(one)
		if err != nil || !strings.Contains(commands, "aws ") || strings.Contains(commands, "NAME") ||
			strings.Contains(commands, " ARN") || strings.Contains(commands, " ID") {
			t.Errorf("commands that delete %s: %q, %v, want no placeholder in them", one, commands, err)
		}
	}
}
