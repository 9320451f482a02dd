package annalsaws_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestResolved: what exists has its physical id, what does not is left out.
func TestResolved(t *testing.T) {
	t.Parallel()
	d := annalsaws.Describe(annals.New("enrol"))
	got := d.Resolved(func(id string) string {
		if id == "SocketApi" || id == "ProjectorFailures" {
			return ""
		}
		return "Enrol-" + id
	}).Resources
	if got.Tables["events"] != "Enrol-EventsTable" || got.Functions[annalsaws.Query] != "Enrol-QueryFunction" ||
		got.Queues[annalsaws.Reactor] != "Enrol-ReactionQueue" || got.RebuildMachine != "Enrol-RebuildMachine" {
		t.Errorf("resolved description: %+v", got)
	}
	if _, there := got.Failures[annalsaws.Projector]; there || got.SocketAPI != "" {
		t.Errorf("resources that do not exist: %+v", got)
	}
	if got.ForgetMachine != "" {
		t.Errorf("a service without personal data has the machine %s that forgets people", got.ForgetMachine)
	}
	if d.Resources.API != "Api" {
		t.Errorf("the description itself has changed: %+v", d.Resources)
	}
}
