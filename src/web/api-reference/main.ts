import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './reference.css';

// The description of the API as a page to read and to try it on. All of it comes from this server, and nothing is asked
// of any other.

// paper is light whatever the screen is
const dark = matchMedia('screen and (prefers-color-scheme: dark)');

function showTheme({ type }: Pick<Event, 'type'>): void {
  document.documentElement.classList.toggle('dark-mode', dark.matches && type !== 'beforeprint');
}

dark.addEventListener('change', showTheme);
// not every browser tells of paper by the query
addEventListener('beforeprint', showTheme);
addEventListener('afterprint', showTheme);
showTheme({ type: 'load' });

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
