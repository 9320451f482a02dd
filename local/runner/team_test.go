package runner

import (
	"strings"
	"syscall"
	"testing"
)

// What a team adds to its stack runs, with the grants that CDK's own methods write. What does not run is named, once.
func TestWhatATeamAdds(t *testing.T) {
	t.Parallel()
	folder := system(t)
	p := launch(t, t.TempDir(), folder, shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	for action, want := range map[string]int{"read": 204, "send": 204, "tell": 204, "write": 500} {
		if status := p.send("POST", "/team/"+action); status != want {
			t.Errorf("POST /team/%s: status %d, want %d; the runner printed\n%s", action, status, want, p.stderr())
		}
	}
	name := stackOf(t, folder)
	told := "told of arn:aws:sns:us-east-1:000000000000:" + name + "-News, " +
		name + "-Cache.Endpoint.Address.invalid and " + name + "-Files\n"
	eventually(t, "it is told where its resources are", func() bool { return strings.Contains(p.stdout(), told) })
	first, _, _ := strings.Cut(p.stdout(), "\n")
	for _, want := range []string{
		"not run locally: AWS::CloudWatch::Alarm, ", "AWS::ElastiCache::ServerlessCache, ", "AWS::SNS::Topic",
		"AWS::Lambda::Function on nodejs22.x, ", "ScriptMapping (AWS::Lambda::EventSourceMapping to Script)",
		"a permission of TeamRoleDefaultPolicy (AWS::IAM::Policy: Condition: ",
	} {
		if strings.Count(first, want) != 1 {
			t.Errorf("the runner did not print %q once:\n%s", want, first)
		}
	}
}
