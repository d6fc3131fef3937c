/** The little of it that is used; it comes without types. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUI(options: {
    readonly dom_id: string;
    readonly url: string;
    readonly deepLinking: boolean;
    readonly defaultModelsExpandDepth: number;
    readonly defaultModelExpandDepth: number;
    readonly displayRequestDuration: boolean;
    readonly requestSnippetsEnabled: boolean;
    readonly tryItOutEnabled: boolean;
    readonly validatorUrl: string | null;
  }): unknown;
}
