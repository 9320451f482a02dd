// Shows the document of the API that this page came from. Nothing is asked of anybody else.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false, // a token is forgotten with the page
  validatorUrl: null,
});
