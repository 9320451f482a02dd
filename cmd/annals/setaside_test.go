package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/bucket"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

const kept = `{"stream":"Account#","version":"1","since":"2026-11-25T10:00:00Z",` +
	`"why":"type and id must not be empty","record":{"dynamodb":{"NewImage":{"note":{"S":"secret-7"}}}}}`

// TestSetAside: doctor and parked list show which records were set aside, since when, why, and what to do; never what
// was in them.
func TestSetAside(t *testing.T) { //nolint:paralleltest // sets the environment
	failures := bucket.New(bucket.Config{
		Name: "failures", ARN: "arn:aws:s3:::failures", Region: "us-east-1", Dir: t.TempDir(),
	})
	s3, err := bucket.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s3.Close)
	s3.Serve(failures)
	f, port := newFake(t, map[string]string{"AWS_ENDPOINT_URL_S3": s3.Address()})
	f.fill(t)
	f.located.Resources.Failures = map[annalsaws.Function]string{annalsaws.Projector: "failures"}
	for _, s := range []step{
		{"doctor", "ok … records set aside … the projector set none aside", "found something wrong", 3},
		{"parked list", "PROJECTION", "", 0},
	} {
		s.run(t, port)
	}
	for key, content := range map[string]string{
		"unreadable/0001-a": kept, "unreadable/0002-b": kept, "aws/lambda/x": "a batch",
	} {
		if err := failures.Put(key, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []step{
		{
			"doctor",
			"records set aside … the projector could not read 2 records, the oldest: Account#@1 since 2026-11-25 … " +
				"runbooks/unreadable-records.md",
			"found something wrong", 3,
		},
		{"doctor -o json", `{"check":"records set aside","result":"wrong"`, "found something wrong", 3},
		{
			"parked list",
			"Set aside … projector  Account#  1 … 2026-11-25 … must not be empty … s3://failures/unreadable/0001-a … " +
				"s3://failures/unreadable/0002-b … annals heal",
			"", 0,
		},
		{
			"parked list -o json",
			`{"function":"projector","key":"Account#","version":"1","since":"2026-11-25T10:00:00Z","why":"type … ` +
				`"object":"s3://failures/unreadable/0001-a"}`,
			"", 0,
		},
		{"parked list orders", "PROJECTION", "", 0},
	} {
		s.run(t, port)
		if out, _ := line(t, port, strings.Fields(s.line)...); strings.Contains(out, "secret-7") {
			t.Errorf("%s shows a payload: %s", s.line, out)
		}
	}
	if out, _ := line(t, port, "parked", "list", "orders"); strings.Contains(out, "Set aside") {
		t.Errorf("records set aside of one projection: %s", out)
	}
	if err := failures.Put("unreadable/0000-torn", []byte(`{`)); err != nil {
		t.Fatal(err)
	}
	step{"parked list", "", "s3://failures/unreadable/0000-torn", 1}.run(t, port)
	s3.Close()
	step{"doctor", "wrong … records set aside … Allow s3:ListBucket", "found something wrong", 3}.run(t, port)
}
