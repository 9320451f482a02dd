package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeAWS stands in for the AWS command line: it answers as AWS does, but for what WRONG names. It keeps a function's
// reservation in a file.
const fakeAWS = `#!/bin/bash
denied='An error occurred (AccessDeniedException): not authorized, with an explicit deny in a resource-based policy'
wrong() { [[ " $WRONG " == *" $1 "* ]]; }
case "$1 $2" in
  "sts get-caller-identity") ! wrong credentials ;;
  "cloudformation describe-stacks") ! wrong stack &&
    printf '%s\t%s\n' EventsTableName E KeysTableName K SnapshotsTableName S ConnectionsTableName C ApiUrl https://api ;;
  "cloudformation list-stack-resources")
    wrong tables || printf '%s\tAWS::DynamoDB::GlobalTable\t%s\n' EventsTable E KeysTable K
    for i in 1 2 3 4 5 6; do wrong alarms || printf 'A%d\tAWS::CloudWatch::Alarm\tA%d\n' $i $i; done
    printf '%s\t%s\t%s\n' DocsFunction AWS::Lambda::Function F ;;
  "dynamodb describe-continuous-backups")
    wrong recovery && status=DISABLED days=None || { status=ENABLED; [ "$4" = E ] && days=35 || days=7; }
    [[ "$8" = *RecoveryPeriodInDays* ]] && printf '%s\t%s\n' $status $days || echo $status ;;
  "dynamodb delete-item") wrong delete || { echo "$denied" >&2; exit 254; } ;;
  "dynamodb update-item")
    wrong update && denied='AccessDenied: no identity-based policy allows it'
    echo "$denied" >&2; exit 254 ;;
  "dynamodb describe-table") wrong protection && echo False || echo True ;;
  "dynamodb describe-time-to-live") wrong expiry && printf 'DISABLED\tNone\n' || printf 'ENABLED\texpires\n' ;;
  "cloudwatch describe-alarms") [ "$4" = A6 ] && echo null || echo '[{"Id":"x"}]' ;;
  "cloudwatch get-metric-data") wrong metrics && printf 'InternalError\tbad\n' || printf 'Complete\tNone\n' ;;
  "lambda get-function-concurrency") wrong reading && echo AccessDenied || cat "$STATE" ;;
  "lambda put-function-concurrency") wrong throttling || echo "$6" >"$STATE" ;;
  "lambda delete-function-concurrency") ! wrong restoring && echo None >"$STATE" ;;
  *) echo "fake aws: $*" >&2; exit 9 ;;
esac
`

// fakeCurl answers as the deployed API does, but for what WRONG names.
const fakeCurl = `#!/bin/bash
wrong() { [[ " $WRONG " == *" $1 "* ]]; }
case "$*" in
  *OPTIONS*invalid*) wrong cors && printf 'Access-Control-Allow-Origin: *\r\n' || printf 'HTTP/2 204\r\n' ;;
  *OPTIONS*shop*) wrong origin || printf 'access-control-allow-origin: https://shop.example.org\r\n' ;;
  *Bearer*) wrong token && echo 200 || echo 401 ;;
  *orders*) wrong refusal && echo 500 || echo 401 ;;
  *openapi*) { wrong open && echo 404; } || { [ "$(cat "$STATE")" = 0 ] && echo 503; } || echo 200 ;;
esac
`

// onFakes is the script with stand-ins for AWS that answer wrongly where they are told. The reservation is in the file
// state.
func onFakes(t *testing.T, wrong, reserved, pause string, args ...string) (cmd *exec.Cmd, state string) {
	t.Helper()
	dir := t.TempDir()
	state = filepath.Join(dir, "state")
	for name, text := range map[string]string{"aws": fakeAWS, "curl": fakeCurl, "state": reserved + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd = exec.CommandContext(t.Context(), "../.ci/first-deployment", args...)
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "WRONG="+wrong, "STATE="+state, "PAUSE="+pause)
	return cmd, state
}

// firstDeployment runs it, and returns what it says, whether it succeeded, and the reservation that it left.
func firstDeployment(t *testing.T, wrong, reserved string, args ...string) (said string, ok bool, left string) {
	t.Helper()
	cmd, state := onFakes(t, wrong, reserved, "0", args...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil, strings.TrimSpace(string(read(t, state)))
}

// TestFirstDeployment: each check passes where AWS answers rightly and fails where it does not, and none leaves a
// trace.
func TestFirstDeployment(t *testing.T) {
	t.Parallel()
	for _, reserved := range []string{"None", "7"} {
		said, ok, left := firstDeployment(t, "", reserved, "--origin", "https://shop.example.org")
		if !ok || strings.Contains(said, "FAILED") || strings.Count(said, "  ok: ") != 20 || left != reserved {
			t.Errorf("all is right: %v, reservation %q, want %q:\n%s", ok, left, reserved, said)
		}
	}
	for wrong, want := range map[string]string{
		"recovery":    "E: DISABLED None, want ENABLED 35\n  FAILED: K: DISABLED, want ENABLED\n",
		"tables":      "tables of the stack: none",
		"delete":      "delete-item on the events: it was allowed",
		"update":      "update-item on the events: AccessDenied: no identity",
		"protection":  "False, want True",
		"expiry":      "DISABLED None, want ENABLED expires",
		"cors":        "a page of nobody's: *, want nobody",
		"origin":      "a page of https://shop.example.org: nobody, want",
		"token":       "another's token: 200, want 401",
		"refusal":     "without a token: 500, want 401",
		"open":        "what is open: 404, want 200",
		"metrics":     "A1: status and message: InternalError bad",
		"alarms":      "metric math: 0, want 5",
		"throttling":  "throttled function: 200, want 503",
		"reading":     "AccessDenied, want None or a number",
		"restoring":   "F may not run: give it the reservation that it had (None)",
		"stack":       "there is no stack Shop",
		"credentials": "there are no AWS credentials that work",
	} {
		said, ok, left := firstDeployment(t, wrong, "None", "--origin", "https://shop.example.org")
		if ok || !strings.Contains(said, want) || left != "None" && wrong != "restoring" {
			t.Errorf("%s: %v, reservation %q; want %q:\n%s", wrong, ok, left, want, said)
		}
	}
	for want, args := range map[string][]string{"there is no check x": {"x"}, "--stack needs a value": {"--stack"}} {
		said, ok, _ := firstDeployment(t, "", "None", args...)
		if ok || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("check of the deployment with %v: passed %v, want an error with %q; printed %s", args, ok, want, said)
		}
	}
}

// TestFirstDeploymentIsInterrupted: the reservation comes back where the script is interrupted, or told to end.
func TestFirstDeploymentIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd, state := onFakes(t, "open", "7", "0.3", "throttle")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for tries := 0; strings.TrimSpace(string(read(t, state))) != "0"; tries++ {
			if tries == 2000 {
				t.Fatal("the function was not throttled in 20 s")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%v: the script succeeded, want a failure", signal)
		}
		if left := strings.TrimSpace(string(read(t, state))); left != "7" {
			t.Errorf("%v left the reservation %q, want 7", signal, left)
		}
	}
}

// TestFirstDeploymentIsDocumented: the page has a section for each check, and names none that is gone.
func TestFirstDeploymentIsDocumented(t *testing.T) {
	t.Parallel()
	list, ok, _ := firstDeployment(t, "", "None", "--list")
	page := string(read(t, "first-deployment.md"))
	for check := range strings.Lines(list) {
		if check = strings.TrimSpace(check); !strings.Contains(page, "\n| `"+check+"` |") {
			t.Errorf("first-deployment.md does not say what %s checks", check)
		}
	}
	if rows := strings.Count(page, "\n| `"); !ok || rows != strings.Count(list, "\n") {
		t.Errorf("first-deployment.md has %d checks, the script has: %s", rows, list)
	}
}
