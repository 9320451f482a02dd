package runner

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/annals-es/annals/local/gateway"
	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/template"
)

// serve answers at the port: the places first, and the HTTP API for all other paths.
func (r *runner) serve(ctx context.Context, system *template.System, functions map[string]*lambda.Function) error {
	api, cors, err := r.openAPI(system, functions)
	if err != nil {
		return err
	}
	socket, err := r.openSocket(system, functions)
	if err != nil {
		return err
	}
	beside, err := r.openBeside(ctx, system)
	if err != nil {
		return err
	}
	places := append([]place{r.ownPlace(system, functions)}, append(beside, socket...)...)
	r.server = &http.Server{
		Handler:           guarded(api, cors.Allows, places...),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    1 << 16, // the API's own limit is lower
	}
	go func() {
		if err := r.server.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
			r.ended <- err
		}
	}()
	return nil
}

// openAPI makes the template's HTTP API, and returns it with its CORS configuration.
func (r *runner) openAPI(
	system *template.System, functions map[string]*lambda.Function,
) (http.Handler, *gateway.CORS, error) {
	switch len(system.APIs) {
	case 0:
		return nil, nil, errors.New("the template has no HTTP API, and a service needs one: annalscdk adds it for the " +
			"declaration's operations; without annalscdk, add an AWS::ApiGatewayV2::Api with the protocol HTTP")
	case 1:
	default:
		return nil, nil, errors.New("the template has several HTTP APIs: the local runner supports one")
	}
	api := system.APIs[0]
	var routes []gateway.Route
	for _, route := range api.Routes {
		routes = append(routes, gateway.Route{
			Key: route.Key, Function: functions[route.FunctionID], Timeout: route.Timeout, Scopes: route.Scopes,
			Open: !route.Authorized,
		})
	}
	options, err := r.gateOf(&api)
	if err != nil {
		return nil, nil, err
	}
	options.CORS = (*gateway.CORS)(api.CORS)
	handler, err := gateway.New(api.Name, template.Account, routes, options, r.log)
	return handler, options.CORS, err
}
