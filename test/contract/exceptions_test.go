package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplain: a finding without an exception is an error, and so is an exception without a finding.
func TestExplain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "exceptions.json")
	write(t, path, `[
		{"check": "a", "status": 404, "body": "^Not", "reason": "r"},
		{"check": "a", "status": 404, "body": "Found$", "reason": "r"}
	]`)
	exceptions, err := readExceptions(path)
	if err != nil {
		t.Fatal(err)
	}
	one, other := finding{check: "a", status: 404, body: "Not"}, finding{check: "a", status: 404, body: "Found"}
	if n, err := explain([]finding{one, other, one}, exceptions); n != 3 || err != nil {
		t.Errorf("explain findings: %d, %v, want 3 explained", n, err)
	}
	_, err = explain([]finding{one}, exceptions)
	if err == nil || !strings.Contains(err.Error(), "exception 2 (a, 404, Found$) explains no finding") {
		t.Errorf("explain with an unused exception: %v, want an error", err)
	}
	for name, f := range map[string]finding{
		"another check":  {check: "b", status: 404, body: "Not", operation: "GET /a", says: "one\ntwo"},
		"another status": {check: "a", status: 400, body: "Not", operation: "GET /a"},
		"another body":   {check: "a", status: 404, body: "Lost", operation: "GET /a"},
	} {
		_, err := explain([]finding{one, other, f}, exceptions)
		if err == nil || !strings.Contains(err.Error(), f.check+" of GET /a, status ") {
			t.Errorf("explain with %s: %v, want an error that names the finding", name, err)
		}
	}
	many := make([]finding, maxShown+3)
	if _, err := explain(many, nil); err == nil || !strings.Contains(err.Error(), "3 more findings") {
		t.Errorf("explain many findings: %v, want 3 more findings", err)
	}
}

// TestReadExceptions: an exception needs a check, a status, a body and a reason.
func TestReadExceptions(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`{`: "unexpected end",
		`[{"check": "a", "status": 404, "body": "x"}]`:              "exception 1 needs a check",
		`[{"check": "a", "status": 404, "reason": "r"}]`:            "exception 1 needs a check",
		`[{"check": "a", "body": "x", "reason": "r"}]`:              "exception 1 needs a check",
		`[{"check": "a", "status": 1, "body": "(", "reason": "r"}]`: "missing closing",
	} {
		path := filepath.Join(t.TempDir(), "exceptions.json")
		write(t, path, text)
		if _, err := readExceptions(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("read exceptions from %s: %v, want an error with %q", text, err, says)
		}
	}
	if _, err := readExceptions("nowhere.json"); err == nil {
		t.Error("no file, no error")
	}
	if all, err := readExceptions("judges/exceptions.json"); err != nil || len(all) == 0 {
		t.Errorf("read judges/exceptions.json: %d exceptions, %v", len(all), err)
	}
}

// TestReadReport: the report of an aborted run is an error, not a run without findings.
func TestReadReport(t *testing.T) {
	t.Parallel()
	const scenario = `{"ScenarioFinished": {"recorder": {"label": "GET /a",
		"checks": {"1": [{"name": "c", "status": "failure", "failure_info": {"failure": {"title": "T", "message": "M"}}},
			{"name": "d", "status": "success"}], "2": [{"name": "e", "status": "failure"}]},
		"interactions": {"1": {"response": {"status_code": 404, "content": {"$base64": "Tm90"}}}, "2": {"response": null}}}}}`
	const begun, ended = `{"EngineStarted": {}}`, `{"EngineFinished": {"running_time": 1}}`
	sent, all, err := readReport(strings.NewReader(begun + scenario + ended))
	want := finding{check: "c", operation: "GET /a", says: "T: M", status: 404, body: "Not"}
	if err != nil || sent != 2 || len(all) != 2 || all[0] != want || all[1].check != "e" {
		t.Errorf("report: %d requests, %+v, %v", sent, all, err)
	}
	for name, text := range map[string]string{
		"nothing": "", "broken off": begun + scenario, "no request": begun + ended, "half a line": begun + `{"Scen`,
	} {
		if _, _, err := readReport(strings.NewReader(text)); err == nil {
			t.Errorf("%s is a report", name)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
