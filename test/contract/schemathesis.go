package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// examples is how many requests schemathesis generates for an operation in its fuzzing phase.
const examples = "20"

// schemathesis generates requests from the document, sends them to the service, and checks the answers against the
// document. A finding is an error unless exceptions.json explains it.
func (b bench) schemathesis(ctx context.Context) (string, error) {
	exceptions, err := readExceptions(filepath.Join(b.files, "exceptions.json"))
	if err != nil {
		return "", err
	}
	report := b.path("schemathesis.ndjson")
	_, err = b.run(ctx, b.dir, b.path("python", "bin", "schemathesis"),
		"--config-file", filepath.Join(b.files, "schemathesis.toml"), "run", b.base+"/openapi.json",
		"--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--generation-deterministic",
		"--continue-on-failure", "--no-color", "--workers", "1", "--warnings", "off",
		"--header", "Authorization: Bearer "+b.token, "--report", "ndjson", "--report-ndjson-path", report)
	if err != nil && !found(err) {
		return "", err
	}
	file, err := os.Open(report)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	cases, findings, err := readReport(file)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", report, err)
	}
	explained, err := explain(findings, exceptions)
	return fmt.Sprintf("%d requests, %d findings, each explained by one of %d exceptions",
		cases, explained, len(exceptions)), err
}

// found reports whether schemathesis exited with 1: it has findings.
func found(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 1
}

// finding is one answer that fails a check of schemathesis.
type finding struct {
	check, operation, says string
	status                 int
	body                   string
}

// event is a line of the report.
type event struct {
	ScenarioFinished *struct{ Recorder recorder }
	// EngineFinished is the last event of a complete run.
	EngineFinished json.RawMessage
}

// recorder has the requests to one operation and the results of the checks, by the id of the case.
type recorder struct {
	Label  string
	Checks map[string][]struct {
		Name, Status string
		FailureInfo  struct {
			Failure struct{ Title, Message string }
		} `json:"failure_info"`
	}
	Interactions map[string]struct {
		Response *struct {
			StatusCode int `json:"status_code"`
			Content    struct {
				Base64 []byte `json:"$base64"`
			}
		}
	}
}

func (r recorder) findings() (all []finding) {
	for id, checks := range r.Checks {
		for _, c := range checks {
			if c.Status != "failure" {
				continue
			}
			says := c.FailureInfo.Failure.Title + ": " + c.FailureInfo.Failure.Message
			f := finding{check: c.Name, operation: r.Label, says: says}
			if res := r.Interactions[id].Response; res != nil {
				f.status, f.body = res.StatusCode, string(res.Content.Base64)
			}
			all = append(all, f)
		}
	}
	return all
}

// readReport returns the number of requests that were sent, and the findings.
func readReport(r io.Reader) (sent int, all []finding, err error) {
	whole := false
	for d := json.NewDecoder(bufio.NewReader(r)); ; {
		var line event
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, nil, err
		}
		whole = whole || line.EngineFinished != nil
		if line.ScenarioFinished != nil {
			sent += len(line.ScenarioFinished.Recorder.Interactions)
			all = append(all, line.ScenarioFinished.Recorder.findings()...)
		}
	}
	if !whole || sent == 0 {
		return 0, nil, errors.New("schemathesis did not finish its run")
	}
	slices.SortFunc(all, compare)
	return sent, all, nil
}
