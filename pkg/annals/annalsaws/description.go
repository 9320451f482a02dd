package annalsaws

import (
	"strings"

	"github.com/annals-es/annals/pkg/annals"
)

// MetadataKey is the key in a template's Metadata under which the [Description] of its service stands.
const MetadataKey = "Annals"

// Format is the version of the [Description]'s form. It is raised when a tool that knows an older one would misread it.
// Members may be added under the same number.
const Format = 1

// Description is what tools are told of a service on AWS. It stands, as JSON, in the Metadata of the service's template,
// and there its resources are logical ids. See docs/description.md.
type Description struct {
	Format    int                `json:"format"`
	Service   annals.Description `json:"service"`
	Resources Resources          `json:"resources"`
}

// Resources name what a service has on AWS: by the logical ids of its template in a [Description], by physical ids in
// [Located]. A resource that a service does not have is missing.
type Resources struct {
	// Tables are the tables, by their names inside the service: "events", "orders".
	Tables map[string]string `json:"tables"`
	// Functions are the Lambda functions.
	Functions map[Function]string `json:"functions"`
	// Queues are the SQS queues of a function's jobs, DeadLetters those of the jobs that failed each time. The physical
	// id of a queue is its URL.
	Queues      map[Function]string `json:"queues"`
	DeadLetters map[Function]string `json:"deadLetters"`
	// Failures are the S3 buckets of what a function could not process.
	Failures map[Function]string `json:"failures"`
	// RebuildMachine is the state machine that builds read models anew. Its physical id is its ARN.
	RebuildMachine string `json:"rebuildMachine,omitempty"`
	// API is the HTTP API, SocketAPI the WebSocket API. The physical id of an API is its id, without an address.
	API       string `json:"api,omitempty"`
	SocketAPI string `json:"socketApi,omitempty"`
}

// Located is a description of a service whose resources are physical ids: what a tool needs to work on it. `annals
// describe` prints it, `--file` takes it, and the local runner answers with it.
type Located struct {
	// Place says in words where the service is: "stack Shop in eu-central-1", "http://127.0.0.1:3000".
	Place string `json:"place"`
	// Environment holds the settings of AWS clients that the place needs, as AWS SDKs read them: AWS_REGION, and where
	// the service is not on AWS also endpoints and credentials. Each replaces the tool's own.
	Environment map[string]string `json:"environment,omitempty"`
	Description
}

// Resolved returns the description with each logical id replaced by what physical returns for it. If physical returns
// "", the resource does not exist: it is left out.
func (d Description) Resolved(physical func(logicalID string) string) Description {
	in := d.Resources
	d.Resources = Resources{
		Tables: resolved(in.Tables, physical), Functions: resolved(in.Functions, physical),
		Queues: resolved(in.Queues, physical), DeadLetters: resolved(in.DeadLetters, physical),
		Failures: resolved(in.Failures, physical),
	}
	for from, to := range map[*string]*string{
		&in.RebuildMachine: &d.Resources.RebuildMachine, &in.API: &d.Resources.API, &in.SocketAPI: &d.Resources.SocketAPI,
	} {
		if *from != "" {
			*to = physical(*from)
		}
	}
	return d
}

func resolved[K comparable](logical map[K]string, physical func(string) string) map[K]string {
	out := map[K]string{}
	for key, id := range logical {
		if name := physical(id); name != "" {
			out[key] = name
		}
	}
	return out
}

// Describe returns the description of a service, with the logical ids that its stack gives to its resources.
func Describe(s *annals.Service) Description {
	d := Description{Format: Format, Service: s.Describe(), Resources: Resources{
		Tables: map[string]string{}, Functions: map[Function]string{},
		Queues:      map[Function]string{Projector: "CatchUpQueue", Reactor: "ReactionQueue"},
		DeadLetters: map[Function]string{Projector: "CatchUpDeadLetters", Reactor: "ReactionDeadLetters"},
		Failures:    map[Function]string{}, RebuildMachine: "RebuildMachine", API: "Api", SocketAPI: "SocketApi",
	}}
	for _, t := range Tables(s) {
		d.Resources.Tables[t.Name] = Pascal(t.Name) + "Table"
	}
	for _, f := range Functions {
		d.Resources.Functions[f] = Pascal(string(f)) + "Function"
	}
	for _, f := range []Function{Projector, Reactor} {
		d.Resources.Failures[f] = Pascal(string(f)) + "Failures"
	}
	return d
}

// Pascal turns a name in kebab case into the spelling of logical ids: product-counts into ProductCounts.
func Pascal(kebab string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(kebab, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
