package annalsaws_test

import (
	"slices"
	"testing"

	"github.com/annals-es/annals/internal/bearer"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/internal/seal"
)

// TestEnvironment: the packages that read a variable, and the stack that sets it, call it the same.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	for declared, read := range map[string]string{
		annalsaws.ConnectionsURLEnv:   push.URLEnv,
		annalsaws.CursorKeyEnv:        seal.KeyEnv,
		annalsaws.MetricsNamespaceEnv: telemetry.NamespaceEnv,
		annalsaws.TokenIssuerEnv:      bearer.IssuerEnv,
		annalsaws.TokenAudienceEnv:    bearer.AudienceEnv,
	} {
		if declared != read {
			t.Errorf("environment variable declared as %s, but read as %s", declared, read)
		}
	}
}

// TestVariables: each variable is listed once, says what it holds, and is of a function.
func TestVariables(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range annalsaws.Variables {
		if seen[v.Name] || v.Holds == "" || len(v.Functions) == 0 {
			t.Errorf("environment variable %+v is listed twice, or lacks what it holds or its functions", v)
		}
		seen[v.Name] = true
		for _, f := range v.Functions {
			if !slices.Contains(annalsaws.Functions, f) {
				t.Errorf("%s: the service has no function %q", v.Name, f)
			}
		}
	}
	for _, name := range []string{
		annalsaws.CatchUpQueueEnv, annalsaws.ReactionQueueEnv, annalsaws.ProjectorFailuresEnv, annalsaws.ReactorFailuresEnv,
		annalsaws.RebuildMachineEnv, annalsaws.ForgetMachineEnv, annalsaws.ForgetWaitEnv, annalsaws.RecoveryDaysEnv,
		annalsaws.ConnectionsURLEnv, annalsaws.CursorKeyEnv, annalsaws.EventBusEnv,
		annalsaws.EventSourceEnv, annalsaws.MetricsNamespaceEnv, annalsaws.TokenIssuerEnv, annalsaws.TokenAudienceEnv,
	} {
		if !seen[name] {
			t.Errorf("%s is not in annalsaws.Variables", name)
		}
	}
}
