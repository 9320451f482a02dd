// Shows the OpenAPI document of the service that this page was loaded from. It calls no other server.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false, // a token is forgotten with the page
  validatorUrl: null,
});
