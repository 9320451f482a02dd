package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// planText is a planned save, in words.
func planText(t *testing.T, at Checkpoint, events string, r room) string {
	t.Helper()
	stream := es.StreamID{Type: "Plan", ID: "s"}
	p := New("plan", 1, From(es.Aggregate[struct{}, planned]{StreamType: "Plan", Events: plans}, On(planFold)), planFirst,
		planSecond, planOwn, planAppend)
	target := &target{sub: &Subscription{Projection: p}, fold: p}
	var steps []step
	for i, text := range strings.Split(events, "|") {
		schema, do := 2, text
		if old, found := strings.CutPrefix(text, "1 "); found {
			schema, do = 1, old
		}
		data, _ := json.Marshal(planned{do})
		c := &es.Commit{
			Stream: stream, Version: at.Version + int64(i) + 1, Meta: es.Meta{Actor: "ann"}, Hash: []byte{byte(i)},
		}
		c.Events = []es.RawEvent{{Type: "Planned", Schema: schema, Data: data}}
		steps = beyond(steps, c, at.Version)
	}
	before := fmt.Sprint(at)
	m, refused := target.plan(context.Background(), stream, at, steps, r, time.Unix(1, 2345))
	if fmt.Sprint(at) != before {
		t.Error("the checkpoint was changed")
	}
	var out strings.Builder
	if m != nil {
		moveText(t, &out, m, at)
	}
	if refused != nil {
		if m != nil {
			out.WriteString("; ")
		}
		fmt.Fprintf(&out, "refused %d: %v", refused.index, refused)
	}
	return out.String()
}

func moveText(t *testing.T, out *strings.Builder, m *move, at Checkpoint) {
	t.Helper()
	next := m.Next
	if m.steps == 0 {
		fmt.Fprintf(out, "part %d to %d", next.RowsWritten, next.Version)
	} else {
		fmt.Fprintf(out, "%d to %d", m.steps, next.Version)
		if next.RowsWritten != 0 || !next.At.Equal(time.Unix(1, 2000)) ||
			string(next.Hash) != string([]byte{byte(m.steps - 1)}) {
			t.Errorf("checkpoint after the steps: %+v", next)
		}
	}
	if next.Parked != nil || fmt.Sprint(m.Prev) != fmt.Sprint(at) {
		t.Errorf("plan from %+v to %+v", m.Prev, next)
	}
	if next.Owner != "" {
		fmt.Fprintf(out, ", owner %s", next.Owner)
	}
	if next.Appended > 0 {
		fmt.Fprintf(out, ", appended %d", next.Appended)
	}
	if len(next.Rises) > 0 {
		fmt.Fprintf(out, ", rises %d", len(next.Rises))
	}
	var state planned
	_ = json.Unmarshal(next.State, &state)
	fmt.Fprintf(out, ", state %s", state.Do)
	for _, list := range [][]string{writeTexts(m.rows), appendTexts(t, m.appended), slotTexts(next.Slots)} {
		if len(list) > 0 {
			out.WriteString(", " + strings.Join(list, " "))
		}
	}
}

func writeTexts(rows []Write) (all []string) {
	for _, w := range rows {
		sort, _, _ := strings.Cut(w.Key.Sort, "|")
		text := fmt.Sprintf("%s %s/%s", []string{"put", "delete", "add"}[w.Kind], w.Key.Partition, sort)
		if w.Kind == Add {
			text += " " + w.Counters["n"].String()
		}
		all = append(all, text)
	}
	return all
}

func appendTexts(t *testing.T, rows []AppendRow) (all []string) {
	t.Helper()
	for _, row := range rows {
		var version int64
		var place int
		if _, err := fmt.Sscanf(row.Key.Sort, "%d~%d|", &version, &place); err != nil || row.Version() != version {
			t.Errorf("%s is of version %d, %v", row.Key.Sort, row.Version(), err)
		}
		all = append(all, fmt.Sprintf("append %s/%d~%d e%d", row.Key.Partition, version, place, row.Epoch))
	}
	return all
}

func slotTexts(slots []Slot) (all []string) {
	for _, slot := range slots {
		sort, _, _ := strings.Cut(slot.Sort, "|")
		all = append(all, fmt.Sprintf("slot %s/%s", slot.Partition, sort))
	}
	return all
}
