package annalslambda_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// asFunction makes the test binary be a function of a service whose client opens only with SERVER.
const asFunction = "ANNALS_TEST_AS_FUNCTION"

var needsServer = mailing(func(_ context.Context, getenv func(string) string) (*mailbox, error) {
	if getenv("SERVER") == "" {
		return nil, errors.New("SERVER is missing")
	}
	return &mailbox{}, nil
})

func TestMain(m *testing.M) {
	s := needsServer
	switch annalsaws.Function(os.Getenv(asFunction)) {
	case annalsaws.Command:
		annalslambda.Command(s)
	case annalsaws.Query:
		annalslambda.Query(s)
	case annalsaws.Projector:
		annalslambda.Projector(s)
	case annalsaws.Reactor:
		annalslambda.Reactor(s, nil)
	case annalsaws.Rebuilder:
		annalslambda.Rebuilder(s)
	case annalsaws.Socket:
		annalslambda.Socket(s)
	case annalsaws.Docs:
		annalslambda.Docs(s)
	}
	os.Exit(m.Run())
}

// TestWhoOpensClients: the command function and the reactor function open the clients and end if one does not open. No
// other function opens them.
func TestWhoOpensClients(t *testing.T) {
	t.Parallel()
	endpoint := dynamotest.Endpoint(t)
	for _, f := range annalsaws.Functions {
		for _, server := range []string{"", "mail"} {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), asFunction+"="+string(f), "SERVER="+server, "AWS_REGION=us-east-1",
				"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_ENDPOINT_URL="+endpoint,
				annalsaws.CursorKeyEnv+"="+strings.Repeat("k", 32))
			for _, table := range annalsaws.Tables(needsServer) {
				cmd.Env = append(cmd.Env, table.Env()+"=none")
			}
			output, _ := cmd.CombinedOutput() // without an API of Lambda, each of them ends
			opens := server == "" && (f == annalsaws.Command || f == annalsaws.Reactor)
			if strings.Contains(string(output), "open client mail: SERVER is missing") != opens {
				t.Errorf("start %s with the server %q: %s", f, server, output)
			}
		}
	}
}
