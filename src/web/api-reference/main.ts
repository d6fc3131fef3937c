import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './reference.css';

// The description of the API as a page to read and to try it on. All of it comes from this server, and nothing is asked
// of any other.

const dark = matchMedia('(prefers-color-scheme: dark)');

function showTheme(): void {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

dark.addEventListener('change', showTheme);
showTheme();

SwaggerUI({
  dom_id: '#reference',
  // resolved against <base>, below whichever path the server is reached
  url: new URL('api/v0/openapi.json', document.baseURI).href,
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  requestSnippetsEnabled: true,
  tryItOutEnabled: true,
  // its default is a service of somebody else's
  validatorUrl: null,
});
