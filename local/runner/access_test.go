package runner

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/annals-es/annals/local/template"
)

// A function that does what its role does not allow is refused as on AWS, and what it wanted is not done.
func TestRolesAreKept(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	p.send("POST", "/items/kept")
	if status := p.send("DELETE", "/items/kept"); status != 500 {
		t.Errorf("DELETE a kept item: status %d, want 500", status)
	}
	const want = "is not authorized to perform: dynamodb:DeleteItem on resource: " +
		"arn:aws:dynamodb:us-east-1:000000000000:table/Sys"
	eventually(t, "it says why", func() bool { return strings.Contains(p.stderr()+p.stdout(), want) })
}

// What roles say of queues, of buses, of machines, of functions and of connections is asked in AWS's words.
func TestOtherRightsOfRoles(t *testing.T) {
	t.Parallel()
	system, err := template.Read(systemDir, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGate(system, "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	const bus = "arn:aws:events:us-east-1:000000000000:event-bus/"
	const queue = "arn:aws:sqs:us-east-1:000000000000:Sys-"
	const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:Sys-"
	const schedule = "arn:aws:scheduler:us-east-1:000000000000:schedule/"
	const role = "arn:aws:iam::000000000000:role/Sys-"
	const function = "arn:aws:lambda:us-east-1:000000000000:function:Sys-"
	for _, test := range []struct {
		key   string
		do    func(*http.Request) error
		wrong string
	}{
		{"CourierFunction", func(r *http.Request) error { return g.maySend(r.Header, queue+"Messages") }, ""},
		{
			"CourierFunction", func(r *http.Request) error { return g.maySend(r.Header, queue+"Failures") },
			"sqs:sendmessage on resource: " + queue + "Failures",
		},
		{
			"ApiFunction", func(r *http.Request) error { return g.maySend(r.Header, queue+"Messages") },
			"sqs:sendmessage on resource: " + queue + "Messages",
		},
		{"local", func(r *http.Request) error { return g.maySend(r.Header, queue+"Messages") }, ""},
		{
			"CourierFunction",
			func(r *http.Request) error { return g.mayDo(r.Header, "s3:GetObject", "arn:aws:s3:::Sys-Failures/a/b") }, "",
		},
		{
			"CourierFunction", func(r *http.Request) error {
				return g.mayDo(r.Header, "s3:PutObject", "arn:aws:s3:::Sys-Failures/a/b")
			},
			"s3:PutObject on resource: arn:aws:s3:::Sys-Failures/a/b",
		},
		{"CourierFunction", func(r *http.Request) error { return g.mayPut(r.Header, bus+"Sys") }, ""},
		{
			"CourierFunction", func(r *http.Request) error { return g.mayPut(r.Header, bus+"default") },
			"events:PutEvents on resource: " + bus + "default",
		},
		{
			"ApiFunction", func(r *http.Request) error { return g.mayPut(r.Header, bus+"Sys") },
			"events:PutEvents on resource: " + bus + "Sys",
		},
		{"CourierFunction", func(r *http.Request) error { return g.mayInvoke(r.Header, function+"ProjectorFunction") }, ""},
		{"local", func(r *http.Request) error { return g.mayInvoke(r.Header, function+"ApiFunction") }, ""},
		{
			"CourierFunction", func(r *http.Request) error { return g.mayInvoke(r.Header, function+"ApiFunction") },
			"lambda:InvokeFunction on resource: " + function + "ApiFunction",
		},
		{
			"CourierFunction",
			func(r *http.Request) error { return g.mayRun(r.Header, "states:StartExecution", machine+"Steps") }, "",
		},
		{
			"CourierFunction",
			func(r *http.Request) error { return g.mayRun(r.Header, "states:StartExecution", machine+"Other") },
			"states:StartExecution on resource: " + machine + "Other",
		},
		{
			"ApiFunction", func(r *http.Request) error { return g.mayRun(r.Header, "states:StartExecution", machine+"Steps") },
			"states:StartExecution on resource: " + machine + "Steps",
		},
		{
			"CourierFunction", func(r *http.Request) error {
				return g.maySchedule(r.Header, "scheduler:CreateSchedule", schedule+"Sys-Deadlines/a")
			}, "",
		},
		{
			"CourierFunction", func(r *http.Request) error {
				return g.maySchedule(r.Header, "scheduler:CreateSchedule", schedule+"default/a")
			}, "scheduler:CreateSchedule on resource: " + schedule + "default/a",
		},
		{
			"CourierFunction",
			func(r *http.Request) error { return g.maySchedule(r.Header, "iam:PassRole", role+"ScheduleRole") }, "",
		},
		{
			"CourierFunction", func(r *http.Request) error { return g.maySchedule(r.Header, "iam:PassRole", role+"TeamRole") },
			"iam:PassRole on resource: " + role + "TeamRole",
		},
		{"TeamFunction", func(r *http.Request) error { return g.maySend(r.Header, queue+"Letters") }, ""},
		{
			"TeamFunction",
			func(r *http.Request) error { return g.mayDo(r.Header, "s3:GetObject", "arn:aws:s3:::Sys-Files/a") }, "",
		},
		{
			"TeamFunction",
			func(r *http.Request) error { return g.mayDo(r.Header, "s3:ListBucket", "arn:aws:s3:::Sys-Files") }, "",
		},
		{ // its statement has a condition that is not evaluated
			"TeamFunction", func(r *http.Request) error { return g.mayDo(r.Header, "s3:PutObject", "arn:aws:s3:::Sys-Files/a") },
			"s3:PutObject on resource: arn:aws:s3:::Sys-Files/a",
		},
		{"SocketFunction", func(r *http.Request) error { return g.mayManage(system.Sockets[0])(r, "abc=") }, ""},
		{
			"ApiFunction", func(r *http.Request) error { return g.mayManage(system.Sockets[0])(r, "abc=") },
			"execute-api:ManageConnections on resource: " +
				"arn:aws:execute-api:us-east-1:000000000000:Sys-Socket/live/POST/@connections/abc=",
		},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+test.key+"/20261125/us-east-1/x/aws4_request")
		err := test.do(r)
		if (test.wrong == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("request of %s: %v, want %q", test.key, err, test.wrong)
		}
	}
}
