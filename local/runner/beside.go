package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/template"
)

// Beside is a program that runs beside the service and answers all requests below a path.
//
// The program gets a listening socket as file descriptor 3, and the service's port in PORT. It must end when its
// standard input is closed: that happens when the runner ends, for whatever reason.
type Beside struct {
	Path    string // "/_console"
	Command string // for the shell
	// Described is true if the program needs the service's description. If there is none, it is not started.
	Described bool
}

const (
	// besidePause is the first wait before a program is started again. It doubles up to longestPause.
	besidePause, longestPause = 200 * time.Millisecond, 10 * time.Second
	// besideAnswer is how long a request waits for a program that is being built or started.
	besideAnswer = 30 * time.Second
	// besideGrace is how long a program has to end.
	besideGrace = 2 * time.Second
)

// ParseBeside reads PATH=COMMAND.
func ParseBeside(text string) (Beside, error) {
	path, command, ok := strings.Cut(text, "=")
	if !ok || len(path) < 2 || path[0] != '/' || strings.HasSuffix(path, "/") || command == "" {
		return Beside{}, fmt.Errorf("%q: want PATH=COMMAND, such as '/_console=./console --flag'", text)
	}
	return Beside{Path: path, Command: command}, nil
}

// companions are the programs beside the service, while it runs.
type companions struct {
	all     []*companion
	running sync.WaitGroup
	cancel  context.CancelFunc
}

type companion struct {
	Beside
	socket  *os.File // open before the program starts and while it restarts, so that requests wait
	address string
}

// openBeside opens the sockets of the programs beside the service, and returns their places. It does not start them.
func (r *runner) openBeside(ctx context.Context, system *template.System) ([]place, error) {
	r.programs = &companions{}
	var places []place
	_, undescribed := r.locate(system)
	for _, b := range r.beside {
		if b.Described && undescribed != nil {
			r.log.WarnContext(ctx, "a program beside the service is not started", "path", b.Path, "error", undescribed)
			continue
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Path, err)
		}
		socket, err := listener.(*net.TCPListener).File()
		_ = listener.Close() // the file keeps the socket open
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Path, err)
		}
		c := &companion{Beside: b, socket: socket, address: listener.Addr().String()}
		r.programs.all = append(r.programs.all, c)
		places = append(places, place{c.takes, c.handler()})
	}
	return places, nil
}

// takes reports whether a path is the program's path or below it.
func (c *companion) takes(path string) bool {
	return path == c.Path || strings.HasPrefix(path, c.Path+"/")
}

// handler passes requests on to the program, and streams its responses.
func (c *companion) handler() http.Handler {
	proxy := http.StripPrefix(c.Path, &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: c.address})
			p.Out.Host = p.In.Host // so that the program can compare it with the request's origin
		},
		FlushInterval: -1,
		Transport:     &http.Transport{DisableCompression: true, ResponseHeaderTimeout: besideAnswer},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the program for "+c.Path+" does not answer: see the output of the runner", http.StatusBadGateway)
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // clients that disconnected
	})
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == c.Path {
			http.Redirect(w, q, c.Path+"/", http.StatusMovedPermanently)
			return
		}
		proxy.ServeHTTP(w, q)
	})
}

// startBeside starts the programs, and restarts each that ends.
func (r *runner) startBeside() {
	var ctx context.Context
	ctx, r.programs.cancel = context.WithCancel(context.Background())
	for _, c := range r.programs.all {
		r.programs.running.Go(func() { r.keep(ctx, c) })
	}
}

func (r *runner) keep(ctx context.Context, c *companion) {
	for pause := besidePause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := r.runBeside(ctx, c)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestPause {
			pause = besidePause
		}
		r.log.ErrorContext(ctx, "a program beside the service ended, and is started again",
			"path", c.Path, "in", pause, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// runBeside runs a program until it ends or the context ends.
func (r *runner) runBeside(ctx context.Context, c *companion) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", c.Command)
	cmd.Dir = r.root
	_, port, _ := net.SplitHostPort(r.listener.Addr().String())
	cmd.Env = append(os.Environ(), "PORT="+port)
	cmd.ExtraFiles = []*os.File{c.socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // only the runner handles a Ctrl-C in the terminal
	name := strings.TrimPrefix(c.Path, "/") + " | "
	cmd.Stdout, cmd.Stderr = lambda.Prefixed(r.out, &r.output, name), lambda.Prefixed(r.errOut, &r.output, name)
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel, cmd.WaitDelay = input.Close, besideGrace
	if err := cmd.Start(); err != nil {
		return err
	}
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // child processes that it left running
	if err == nil {
		err = errors.New("exit status " + strconv.Itoa(cmd.ProcessState.ExitCode()))
	}
	return err
}

// stop ends the programs.
func (c *companions) stop() {
	if c == nil {
		return
	}
	if c.cancel != nil {
		c.cancel()
	}
	c.running.Wait()
	for _, one := range c.all {
		_ = one.socket.Close()
	}
}
